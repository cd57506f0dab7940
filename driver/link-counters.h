/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What went through network interfaces, of all at once. */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>

#include "driver/guest-view.h"

/* Name of an interface → virDomainInterfaceStatsStruct, as the side that the table is of counts. */
typedef GHashTable LinkCounters;

/* Of the host, or with @pid of the network namespace of that process. NULL with error. */
LinkCounters *link_counters_new(pid_t pid, GError **error);

/* The table's row for the host's end of an interface, in the guest's sense: what the host sends
 * there is what the guest receives. */
bool link_counters_guest(LinkCounters *host, const InterfaceView *interface,
                         virDomainInterfaceStatsPtr ret_stats);

static inline void
link_counters_free(LinkCounters *counters)
{
    if (counters)
        g_hash_table_unref(counters);
}
