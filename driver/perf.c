/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From <perf> to counters. */
#include "driver/perf.h"

#include "driver/host.h"

GroupCounters *
perf_counters(const Definition *definition, const char *group, const GroupCounters *before,
              GError **error)
{
    uint32_t wanted = 0;
    guint i;

    for (i = 0; i < definition->perf.events->len; i++) {
        const PerfEvent *event = definition->perf.events->pdata[i];
        int number = counter_find(perf_event_names[event->name]);

        if (event->enabled && number >= 0)
            wanted |= UINT32_C(1) << number;
    }
    return group_counters_new(host_cgroups(), group, wanted, before, error);
}

bool
perf_begin(Domain *domain, GError **error)
{
    g_autofree char *group = g_strconcat(domain->guest->cgroup, "/" CGROUP_LIMITS, NULL);
    GroupCounters *counters;

    if (domain->live->perf.events->len == 0)
        return true;
    if (!(counters = perf_counters(domain->live, group, NULL, error)))
        return false;
    g_mutex_lock(&domain->lock);
    domain->guest->counters = counters;
    g_mutex_unlock(&domain->lock);
    return true;
}
