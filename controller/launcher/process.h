/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* State of a process that survives execve(). */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* What was inherited becomes what a fresh system has: signals, limits, umask, session, keyring. */
bool process_reset(GError **error);

/* Every signal unblocked and at its default. */
void process_reset_signals(void);

/* Closes every descriptor above 2 that is not in @kept (of int, -1 is allowed); sorts it. */
void process_close_others(GArray *kept);
