/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Suspending and resuming all tasks of the guest, on cgroup v1 and v2, without blocking the loop.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/keeper/loop.h"

typedef struct {
    int directory; /* the group; -1: there is none */
    int version;   /* 1 or 2 */
    /* Called once for each freezer_start() that returned true; @error NULL: the state is reached.
     */
    void (*done)(void *data, bool frozen, const GError *error);
    void *data;
    /* private */
    bool wish;
    gint64 deadline;
    gint64 kick;
    gint64 pause;
    Timer timer;
} Freezer;

/*
 * Suspends (@frozen) or resumes; the end is reported by .done, perhaps before this returns. Tasks
 * that cannot be suspended within FREEZER_PATIENCE are all resumed again,
 * FAILURE_OPERATION_TIMEOUT.
 */
bool freezer_start(Freezer *freezer, bool frozen, GError **error);

/* Ends a freezer_start() that is under way (without .done) and resumes, waiting for nothing. */
bool freezer_release(Freezer *freezer, GError **error);

#define FREEZER_PATIENCE (10 * G_USEC_PER_SEC)
