/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device nodes of a running guest. What it was given is in guest->nodes, and only that may its
 * processes open: the rules of its control group are derived from it.
 */
#pragma once

#include "driver/live.h"

/* Gives the guest the nodes of change->device, or nothing; nodes_revoke() takes them away. */
bool nodes_grant(LiveChange *change, GError **error);
bool nodes_revoke(LiveChange *change, GError **error);
