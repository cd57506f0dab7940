/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The server of a guest's view of /proc and /sys: what its parts share. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "controller/wire/view.h"

typedef struct {
    ViewSession *session;        /* shared with the server that comes after this one */
    int connection;              /* /dev/fuse */
    int root;                    /* the host's, for its /proc and /sys */
    int groups[VIEW_GROUP_LAST]; /* -1: the host has no such controller */
} View;

/* CLOCK_BOOTTIME in microseconds */
int64_t view_now(void);
