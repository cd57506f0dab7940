/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What kind of file system a block device has. */
#pragma once

#include <glib.h>

/*
 * The kernel's name of the file system on the device @fd ("ext4"), by its contents. NULL with an
 * error that says what is there instead. @path is for messages.
 */
char *probe_type(int fd, const char *path, GError **error);
