/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A text in a sealed memfd: what is too large or too precious for a packet is passed beside it. */
#pragma once

#include <glib.h>
#include <stddef.h>

/* @name is what /proc/PID/fd shows. The result can be neither written nor resized; CLOEXEC; -1 on
 * failure. */
int sealed_new(const char *name, const char *text, size_t length, GError **error);

/*
 * The text of @fd, NUL-terminated, for g_free(). Fails with FAILURE_INTERNAL when @fd is no memfd
 * sealed against writing, growing and shrinking (the sender could change it while it is read) or
 * holds more than @limit bytes. Does not move the file offset.
 */
char *sealed_read(int fd, size_t limit, size_t *ret_length, GError **error);
