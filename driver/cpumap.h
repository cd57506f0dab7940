/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's maps of processors, least significant bit first, from and to lists: "0-2,5". */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* NULL with FAILURE_INVALID_ARG when @map has none of the host's processors. Those beyond them are
 * passed over: clients set all bits of a byte. Free with g_free(). */
char *cpumap_to_list(const unsigned char *map, int length, GError **error);

/* Sets the bits of @list (NULL: all of the host's processors) in @map, which has @length bytes; the
 * rest becomes 0. */
void cpumap_from_list(const char *list, unsigned char *map, int length);
