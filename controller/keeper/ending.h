/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The end of init: why, the exit record, and what the keeper takes away before it leaves. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/keeper/keeper.h"

/*
 * Watches init's pidfd and the signals of the keeper (SIGTERM and SIGINT kill the guest). When init
 * has ended: drains the consoles, writes NAME.exit, removes NAME.pid and NAME.sock, sends the event
 * "exited" to all clients and stops the loop.
 */
bool ending_watch(Keeper *keeper, GError **error);
