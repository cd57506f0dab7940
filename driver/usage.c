/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which group has the figures of a guest. */
#include "driver/usage.h"

#include "cgroup/cgroup.h"

void
usage_begin(Usage *usage, Domain *domain)
{
    Guest *guest = domain->guest;

    /* before init is there the groups may not be, or may be without limits and so without figures
     */
    if (!guest || !guest->cgroup || (!guest->init_pid && !guest->foreign))
        return;
    /* the stock driver's group is the one its controller is in: what it holds is the guest, and a
     * few megabytes of controller */
    if (!guest->files) {
        g_autofree char *group =
            g_strconcat(guest->cgroup, guest->foreign ? NULL : "/" CGROUP_LIMITS, NULL);

        guest->files = group_files_new(group);
    }
    usage->files = group_files_ref(guest->files);
    usage->group = group_files_group(usage->files);
    if (guest->counters)
        usage->counters = group_counters_ref(guest->counters);
    usage->domain = domain_ref(domain);
    usage->pid = guest->pid;
}

void
usage_clear(Usage *usage)
{
    usage->group = NULL;
    g_clear_pointer(&usage->files, group_files_unref);
    g_clear_pointer(&usage->counters, group_counters_unref);
    g_clear_pointer(&usage->domain, domain_unref);
}

bool
usage_has_ended(const Usage *usage)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&usage->domain->lock);

    return domain_id(usage->domain) != usage->pid;
}
