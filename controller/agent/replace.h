/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A small file of the guest's that is replaced as a whole, or not at all. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * The text of @name in @directory, a descriptor; with errno ENOENT there is none. A symbolic link,
 * a FIFO, a device, or more than @limit bytes is an error.
 */
char *replace_read(int directory, const char *name, size_t limit, GError **error);

/*
 * Puts @text in place of @name: readers see the old file or the new one, also after a crash. Owner
 * and mode stay; a file that was not there gets @mode and the ids of the process.
 */
bool replace_write(int directory, const char *name, const char *text, mode_t mode, GError **error);
