/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <numatune>: the memory nodes of a container. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum { NUMA_STRICT, NUMA_PREFERRED, NUMA_INTERLEAVE, NUMA_RESTRICTIVE } NumaMode;

typedef enum { NUMA_PLACEMENT_UNSET, NUMA_PLACEMENT_STATIC, NUMA_PLACEMENT_AUTO } NumaPlacement;

typedef struct {
    bool present; /* there is a <memory> */
    NumaMode mode;
    NumaPlacement placement; /* STATIC: with a nodeset, AUTO: without */
    char *nodeset;           /* "0-1", canonical */
} NumaMemory;

typedef struct {
    NumaMemory memory;
    GPtrArray *kept; /* of Kept *: memnode */
} NumaTuning;
