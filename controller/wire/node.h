/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A device node that a guest was given: what is told to the driver, and kept by it. */
#pragma once

#include "controller/wire/json.h"

typedef struct {
    char *alias; /* of the device it belongs to: "disk0" */
    char *path;  /* inside the container, below /dev */
    char *type;  /* "c" or "b" */
    int64_t major;
    int64_t minor;
    uint64_t file_mode; /* permission bits */
    char *access;       /* of "rwm": what the guest may do with it */
    char *source;       /* its node on the host; NULL: it has none */
} DeviceNode;

extern const JsonType device_node_type;

/* A copy for a member or an array. */
DeviceNode *device_node_copy(const DeviceNode *node);
