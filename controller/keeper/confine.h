/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the keeper gives up for the rest of its life. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/wire/handover.h"

/*
 * Drops all capabilities but CAP_KILL (init may run as another user), for good: the bounding set
 * and no_new_privs too. Files: the state directory and the freezer of @state can be written, /proc
 * and /sys read, and nothing else be opened. System calls: those of calls.c. What this kernel
 * cannot do is left out with a line in the log. The process stays dumpable: /proc/PID must be
 * readable for whoever counts its memory, and it holds no secret.
 */
bool confine(const KeeperState *state, GError **error);
