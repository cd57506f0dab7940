/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paths inside the guest's root, which is hostile: looked up so that no link, absolute path or ".."
 * leads out of it, and no magic link of /proc anywhere.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum { PLACE_DIRECTORY, PLACE_FILE } PlaceKind;

/* Opens @path below @root with @flags of open(2), CLOEXEC added. -1 with error; errno is kept. */
int place_open(int root, const char *path, uint64_t flags, GError **error);

/*
 * The text of the file @path, for g_free(); *ret_length may be NULL. A guest must not be able to
 * hang or exhaust who reads: a FIFO, a device or more than @limit bytes is an error. With errno
 * ENOENT there is no such file.
 */
char *place_read(int root, const char *path, size_t limit, size_t *ret_length, GError **error);

/*
 * An O_PATH descriptor of @path below @root, to mount on. What is missing is made, with the ids of
 * the process. Paths in /proc, /sys and /dev must have no symbolic link in them: what is mounted
 * there is taken for the kernel's word by every program.
 */
int place_make(int root, const char *path, PlaceKind kind, GError **error);
