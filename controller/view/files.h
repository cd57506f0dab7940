/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of the view and what is in them now. */
#pragma once

#include "controller/view/view.h"

/* What readers get until it is replaced; .text is as large as the file is said to be. */
typedef struct {
    GString *text;
    int64_t made;    /* view_now() */
    int64_t changed; /* CLOCK_REALTIME in nanoseconds: when the text was last another one */
} Snapshot;

/*
 * What file @number of view_files holds: as it is, or made anew when @fresh is true and it is older
 * than readers are promised. NULL: there is no such file.
 */
const Snapshot *files_snapshot(View *view, uint64_t number, bool fresh);
