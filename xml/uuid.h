/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UUIDs in every spelling libvirt takes. */
#pragma once

#include <glib.h>

/* Lower case and dashed; NULL for what is no UUID. Dashes are optional, blanks around it allowed.
 * Free with g_free(). */
char *uuid_canonical(const char *text);
