/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a guest writes to its /dev/kmsg, as lines in the domain's log. The host's kernel log has
 * nothing to do with it. The other end is a terminal in the guest: reading it gives nothing.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/keeper/loop.h"

#define KMSG_LINE_MAX    512                   /* bytes of one line; the rest is another one */
#define KMSG_BURST       64                    /* lines at once */
#define KMSG_LINE_MICROS (G_USEC_PER_SEC / 10) /* after which there may be one more */

typedef struct {
    Source source; /* must be first; .fd: master of the guest's terminal, -1: none */
    Loop *loop;
    char line[KMSG_LINE_MAX];
    size_t length;
    gint64 credit; /* monotonic time at which all lines so far were paid for */
    unsigned long dropped;
} Kmsg;

/* @fd -1: the guest has none. */
bool kmsg_start(Kmsg *kmsg, Loop *loop, int fd, GError **error);

/* Takes what is there: the guest has ended. */
void kmsg_drain(Kmsg *kmsg);
