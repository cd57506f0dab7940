/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Consoles as pairs of ptys. */
#pragma once

#include <glib.h>

/* Frees a Terminal and closes what it has open. */
void terminal_free(gpointer data);
