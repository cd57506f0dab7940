/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processor time by vcpu. */
#include "driver/vcpu-times.h"

#include "driver/host.h"

void
vcpu_times(const GuestView *guest, uint64_t total, uint64_t *times)
{
    unsigned count = guest->vcpus_online;
    unsigned i;

    if (count == host_processors() && guest->usage.group &&
        figures_read_processors(host_figures(), guest->usage.files, times, count))
        return;
    for (i = 0; i < count; i++)
        times[i] = total / count + (i < total % count);
}
