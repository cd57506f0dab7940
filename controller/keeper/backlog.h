/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The last output of a console that nobody has seen yet: whoever attaches first gets it. */
#pragma once

#include <stddef.h>

#define BACKLOG_SIZE 65536 /* bytes; older output is dropped */

typedef struct {
    char *ring; /* BACKLOG_SIZE bytes, only the touched pages of which cost memory; NULL: empty */
    size_t start;
    size_t length;
} Backlog;

void backlog_add(Backlog *backlog, const char *data, size_t length);

/* All of it in order, for g_free(), and an empty backlog; NULL when there is nothing. */
char *backlog_take(Backlog *backlog, size_t *ret_length);

void backlog_clear(Backlog *backlog);
