/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads /proc/net/dev: one file has all interfaces of a namespace. */
#include "driver/link-counters.h"

#include <stdio.h>
#include <string.h>

#include "controller/wire/failure.h"

/* Of a line "  vnet0: 1 2 3 0 0 0 0 0 4 5 6 0 0 0 0 0": bytes, packets, errors, dropped … */
static bool
read_line(char *line, char **ret_name, virDomainInterfaceStatsStruct *stats)
{
    char *colon = strchr(line, ':');

    if (!colon)
        return false;
    *colon = 0;
    *ret_name = g_strdup(g_strstrip(line));
    return sscanf(colon + 1, "%lld %lld %lld %lld %*s %*s %*s %*s %lld %lld %lld %lld",
                  &stats->rx_bytes, &stats->rx_packets, &stats->rx_errs, &stats->rx_drop,
                  &stats->tx_bytes, &stats->tx_packets, &stats->tx_errs, &stats->tx_drop) == 8;
}

LinkCounters *
link_counters_new(pid_t pid, GError **error)
{
    g_autofree char *path =
        pid ? g_strdup_printf("/proc/%d/net/dev", (int)pid) : g_strdup("/proc/thread-self/net/dev");
    GHashTable *counters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autofree char *text = NULL;
    g_autoptr(GError) why = NULL;
    char *line;
    char *next;

    if (!g_file_get_contents(path, &text, NULL, &why)) {
        fail(error, FAILURE_OPERATION_FAILED, "cannot count the guest's traffic: %s", why->message);
        g_hash_table_unref(counters);
        return NULL;
    }
    for (line = text; line && *line; line = next) {
        virDomainInterfaceStatsStruct stats;
        char *name = NULL;

        if ((next = strchr(line, '\n')))
            *next++ = 0;
        if (read_line(line, &name, &stats))
            g_hash_table_insert(counters, name, g_memdup2(&stats, sizeof(stats)));
        else
            g_free(name);
    }
    return counters;
}

bool
link_counters_guest(LinkCounters *host, const InterfaceView *interface,
                    virDomainInterfaceStatsPtr ret_stats)
{
    const virDomainInterfaceStatsStruct *end =
        interface->target ? g_hash_table_lookup(host, interface->target) : NULL;

    if (!end)
        return false;
    *ret_stats = (virDomainInterfaceStatsStruct){
        .rx_bytes = end->tx_bytes,
        .rx_packets = end->tx_packets,
        .rx_errs = end->tx_errs,
        .rx_drop = end->tx_drop,
        .tx_bytes = end->rx_bytes,
        .tx_packets = end->rx_packets,
        .tx_errs = end->rx_errs,
        .tx_drop = end->rx_drop,
    };
    return true;
}
