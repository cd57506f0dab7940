/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Block devices of a guest. Each <disk> is one, by its target; and so is each device of the host
 * that the guest did I/O on otherwise, by the kernel's name: what its file systems are on.
 */
#pragma once

#include "cgroup/figures.h"
#include "driver/guest-view.h"

typedef struct {
    const char *name;     /* "vda": target of the disk, or name of the host's device */
    const char *path;     /* source of the disk, or node of the host's device */
    const DiskView *disk; /* NULL: no <disk> */
    BlockFigures figures;
    char text[80]; /* of name and path when there is no disk */
} BlockView;

/* GArray of BlockView; strings are borrowed from @guest, which has VIEW_DISKS. */
GArray *block_views(const GuestView *guest);

/* That whose name, source or node is @path; "" is the sum of all, which has no name. false: no such
 * device. */
bool block_views_find(const GArray *views, const char *path, BlockView *ret_view);

typedef struct {
    uint64_t capacity;   /* bytes the guest sees */
    uint64_t allocation; /* bytes taken on the host */
    uint64_t physical;   /* bytes of the file or device on the host */
} BlockSizes;

/* Of a disk with a source. false with error when it is not there. */
bool block_sizes(const DiskView *disk, BlockSizes *ret_sizes, GError **error);
