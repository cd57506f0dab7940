/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounts inside a guest. @root is its root, and the process is in its mount namespace and has its
 * ids. Paths are the guest's, which is hostile: see place.h.
 */
#pragma once

#include "controller/wire/container.h"

/*
 * What does not come from the host: a new file system, or a bind of what the guest has. A detached
 * mount; -1 without error when it may be left out.
 */
int inside_open(int root, const ContainerMount *mount, GError **error);

/* Mounts the detached @tree; a missing target is made, of the kind of the tree's root. */
bool inside_attach(int root, int tree, const char *destination, GError **error);

/*
 * Takes the topmost mount on @destination away; none is success. @lazily: with what is mounted
 * below, and also when it is in use; otherwise that is FAILURE_OPERATION_FAILED. Changes the
 * working directory.
 */
bool inside_detach(int root, const char *destination, bool lazily, GError **error);

/* Of the mount on @destination and all below it. */
bool inside_set_readonly(int root, const char *destination, bool readonly, GError **error);
