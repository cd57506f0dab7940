/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NUMA cells, processors, pages and caches of the host as sysfs shows them. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t size;  /* KiB */
    uint64_t count; /* in the cell */
} TopologyPages;

typedef struct {
    int id;
    bool online; /* the rest is known of online ones only */
    int socket;
    int die;
    int core;
    char *siblings; /* threads of its core, "0,4" */
} TopologyCpu;

typedef struct {
    int cell;
    int value;
} TopologyDistance;

typedef struct {
    int id;
    uint64_t memory;   /* KiB */
    GArray *pages;     /* of TopologyPages, smallest first; the system's page size is the first */
    GArray *distances; /* of TopologyDistance */
    GPtrArray *cpus;   /* of TopologyCpu * */
} TopologyCell;

typedef struct {
    int id;
    int level;
    const char *type; /* "both", "data" or "code" */
    uint64_t size;    /* bytes */
    char *cpus;       /* "0-3" */
} TopologyCache;

typedef struct {
    GPtrArray *cells;  /* of TopologyCell *; at least one */
    GPtrArray *caches; /* of TopologyCache *: those of the third level and beyond */
} Topology;

/* Reads below @root ("" for the host, a directory with sys/ and proc/ for tests). Never fails: what
 * cannot be read is left out. */
Topology *topology_read(const char *root);
void topology_free(Topology *topology);

/* Number of "0-3,8" and the like as a list of int; what makes no sense ends it. */
GArray *topology_parse_list(const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Topology, topology_free)
