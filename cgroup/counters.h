/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Performance events of a group and all below it, counted by the kernel (perf_event_open(2)) from
 * when the counters were made. Any thread may read them.
 */
#pragma once

#include "cgroup/cgroup.h"

/* The number, below 32, of the event that libvirt calls @name: "cpu_cycles". -1: there is none. */
int counter_find(const char *name);

typedef struct GroupCounters GroupCounters;

/*
 * Counters for @events (bits, by their numbers), with one reference. Those that
 * @before (may be NULL) has go on counting. FAILURE_OPERATION_UNSUPPORTED names the event that this
 * host cannot count.
 */
GroupCounters *group_counters_new(const CgroupLayout *layout, const char *group, uint32_t events,
                                  const GroupCounters *before, GError **error);
GroupCounters *group_counters_ref(GroupCounters *counters);
void group_counters_unref(GroupCounters *counters);

/* How often the event was, or nanoseconds of clocks. false: it is not counted. */
bool group_counters_read(const GroupCounters *counters, unsigned event, uint64_t *ret_count);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GroupCounters, group_counters_unref)
