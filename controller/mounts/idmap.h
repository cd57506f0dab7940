/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Idmapped mounts: what belongs to host user 0 in the source belongs to the guest's root in the
 * mount, and what the guest makes there belongs to host user 0 again. Nothing is chowned.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/* Writes the map (of ContainerIdMapping *) @file, "uid_map" or "gid_map", of the process @pid. */
bool idmap_write(pid_t pid, const char *file, const GPtrArray *mappings, GError **error);

/*
 * A user namespace with these maps (of ContainerIdMapping *) and nobody in it; -1 with error.
 */
int idmap_namespace(const GPtrArray *uid_mappings, const GPtrArray *gid_mappings, GError **error);

/*
 * Whether the mount of the directory or file @fd of the host is idmapped already, which the kernel
 * allows only once.
 */
bool idmap_present(int fd);

/*
 * Maps the ids of the detached mount @tree, and with @recursive of all below it. @path is what it
 * was made of; an error names the mount that cannot be mapped, and what to do.
 */
bool idmap_apply(int tree, int user_namespace, const char *path, bool recursive, GError **error);
