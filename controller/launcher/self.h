/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The launcher's own program file. */
#pragma once

#include <glib.h>

/*
 * Executes the program again from a read-only mount that nobody else sees, unless that was done
 * already: a guest can make us execute /proc/self/exe and so gets hold of the file, which must not
 * be writable then. Returns the directory the program was installed in, for g_free(); NULL with
 * error.
 */
char *self_protect(char **argv, GError **error);
