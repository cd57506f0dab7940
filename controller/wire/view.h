/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What launcher, keeper and view share about the guest's view of /proc and /sys: which files there
 * are, which descriptors the server inherits, and the memory that outlives it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Descriptors of the server; a directory the host does not have is /dev/null. */
#define VIEW_CONNECTION_FD 3 /* /dev/fuse */
#define VIEW_SESSION_FD    4 /* memfd with one ViewSession */
#define VIEW_GROUPS_FD     5 /* VIEW_GROUP_LAST directories of the guest's group "libvirt" */

typedef enum {
    VIEW_GROUP_MEMORY,
    VIEW_GROUP_CPU,
    VIEW_GROUP_CPUACCT,
    VIEW_GROUP_CPUSET,
    VIEW_GROUP_BLKIO,
    VIEW_GROUP_UNIFIED, /* the v2 hierarchy, also where controllers are on v1 */
    VIEW_GROUP_LAST
} ViewGroup;

#define VIEW_DESCRIPTORS (VIEW_GROUPS_FD + VIEW_GROUP_LAST - VIEW_CONNECTION_FD)

/* What the kernel wants to be able to deliver when max_write is the smallest possible. */
#define VIEW_REQUEST_SIZE 8192

/*
 * The state of one connection. A server that dies leaves it to the next one, with the request it
 * was working on: the kernel hands a request out once, and whoever waits for the answer cannot be
 * killed.
 */
typedef struct {
    /* set by the launcher */
    uint32_t uid; /* who owns the files, as the host sees it: the guest's root */
    uint32_t gid;
    int64_t born; /* CLOCK_BOOTTIME in microseconds: what the guest takes for its boot */
    int32_t versions[VIEW_GROUP_LAST]; /* of the hierarchies, 1 or 2 */
    /* the server's own */
    int64_t load_at; /* CLOCK_BOOTTIME of the last sample, 0: none */
    uint64_t load_usage;
    double load[3];
    uint64_t idle; /* of all processors, in microseconds; never goes back */
    uint64_t request[VIEW_REQUEST_SIZE / sizeof(uint64_t)]; /* unique 0 when none is open */
} ViewSession;

typedef struct {
    const char *name;  /* in the server's only directory */
    const char *place; /* what it covers in the guest, and what it is made from on the host */
} ViewFile;

extern const ViewFile view_files[];
extern const unsigned view_files_count;
