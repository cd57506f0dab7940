/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <blkiotune>: shares and limits of block devices. */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef struct {
    char *path;         /* of the device's node, on the host */
    uint64_t weight;    /* this and the following: 0: not said */
    uint64_t read_iops; /* per second */
    uint64_t write_iops;
    uint64_t read_bytes; /* per second */
    uint64_t write_bytes;
} BlockDeviceTuning;

typedef struct {
    uint64_t weight;    /* 0: not said */
    GPtrArray *devices; /* of BlockDeviceTuning *, one for a path */
} BlockTuning;

/* The device with that path; a new one that says nothing when there is none, which is not printed
 * until it says something. Owned by @tuning. */
BlockDeviceTuning *block_tuning_device(BlockTuning *tuning, const char *path);
