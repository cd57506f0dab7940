/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which control group tells what a running guest uses; see cgroup/figures.h. */
#pragma once

#include "cgroup/group-files.h"
#include "driver/domain.h"

/* Taken under the lock by usage_begin(), read without it afterwards. */
typedef struct {
    GroupFiles *files; /* of the group that has the figures, NULL: there are none (inactive, or just
                        * starting) */
    const char *group; /* path of that group; NULL the same */
    GroupCounters *counters; /* of performance events; NULL: none */
    Domain *domain;          /* reference */
    pid_t pid;               /* of the guest */
} Usage;

/* With the lock held; @usage is empty. */
void usage_begin(Usage *usage, Domain *domain);
void usage_clear(Usage *usage);

/* Whether the guest of usage_begin() is not the running one any more. */
bool usage_has_ended(const Usage *usage);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Usage, usage_clear)
