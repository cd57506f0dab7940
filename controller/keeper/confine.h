/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the keeper gives up for the rest of its life. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/*
 * Drops all capabilities but CAP_KILL (init may run as another user), for good: the bounding set
 * and no_new_privs too. Files of root stay reachable as their owner. The process stays dumpable:
 * /proc/PID must be readable for whoever counts its memory, and it holds no secret.
 */
bool confine(GError **error);
