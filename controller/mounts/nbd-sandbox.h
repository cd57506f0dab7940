/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a program that reads an image may see and do. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/*
 * Makes the empty file system @root that of the calling process: with the programs of the host, the
 * image @file and the directory it is in at their places, all but the image read-only. No network,
 * no capability but that of opening files of all users. Returns the path of the image; free with
 * g_free(). NULL with error.
 */
char *nbd_sandbox_enter(int root, int file, bool readonly, GError **error);
