/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device nodes in a guest's /dev, also while the guest runs and means harm: nothing outside of the
 * file system at @dev, an O_PATH descriptor of the directory, is ever touched.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "controller/wire/node.h"

typedef struct {
    uid_t uid; /* as the host sees the guest's root */
    gid_t gid;
} NodeOwner;

/* Makes @node and the directories above it. FAILURE_OPERATION_FAILED when something is there. */
bool node_make(int dev, const DeviceNode *node, NodeOwner owner, GError **error);

/* Whether @node is there, a device node with its numbers. */
bool node_is_there(int dev, const DeviceNode *node);

/* Removes @node if it is there, and directories above it that are empty then. */
void node_remove(int dev, const DeviceNode *node);
