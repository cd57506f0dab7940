/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether this is the daemon's first start since the host booted. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/*
 * Makes the file "autostarted" in @state_dir, which is emptied by a reboot; *@ret_first is true for
 * the one call per boot that made it. The stock driver keeps the same file, so that going from one
 * driver to the other starts nothing twice. FAILURE_SYSTEM when it can be neither made nor found.
 */
bool boot_marker_claim(const char *state_dir, bool *ret_first, GError **error);
