/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Performance events of guests, as <perf> says. */
#pragma once

#include "cgroup/counters.h"
#include "driver/domain.h"

/* Counters for what @definition enables, of the guest whose limits @group has; see
 * group_counters_new(). */
GroupCounters *perf_counters(const Definition *definition, const char *group,
                             const GroupCounters *before, GError **error);

/* Begins to count for a guest that starts, or that a restarted daemon has found. */
bool perf_begin(Domain *domain, GError **error);
