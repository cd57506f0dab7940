/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What differs between two definitions of one domain, and what of it a running guest can take. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "xml/definition.h"

typedef enum { CHANGE_VALUE, CHANGE_ADDED, CHANGE_REMOVED } ChangeKind;

typedef struct {
    char *what; /* "cputune/shares", "devices/interface 52:54:00:0b:0c:01" */
    ChangeKind kind;
    bool running; /* possible while the guest runs; otherwise when it is started again */
} Change;

/*
 * The changes that lead from @old to @new, of what is configured, in the order of the document.
 * Array of Change *; free with g_ptr_array_unref().
 */
GPtrArray *definition_changes(const Definition *old, const Definition *new);
