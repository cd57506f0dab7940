/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <memoryBacking> and <pm>: known, printed in order, without effect on a container; and <perf>. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    GPtrArray *hugepages; /* of Kept *, at most one */
    bool nosharepages;
    bool locked;
    int source; /* 0: not said, as in the following; words in element-machine.c */
    int access;
    int allocation;
    uint64_t threads;
    bool discard;
} MemoryBacking;

/* The words of events, in the order in which they are printed; ends with NULL. */
extern const char *const perf_event_names[];

typedef struct {
    int name; /* index in perf_event_names */
    bool enabled;
} PerfEvent;

/* For g_ptr_array_sort(). */
gint perf_event_compare(gconstpointer one, gconstpointer other);

typedef struct {
    GPtrArray *events; /* of PerfEvent *, sorted by name, each name once */
} Perf;

typedef struct {
    int to_memory; /* 0: not said, 1: yes, 2: no */
    int to_disk;
} PowerManagement;
