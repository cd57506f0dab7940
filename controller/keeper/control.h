/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The requests of protocol.rst. */
#pragma once

#include "controller/keeper/client.h"
#include "controller/keeper/keeper.h"
#include "controller/wire/message.h"

/* Prepares keeper->freezer for Freeze and Thaw. */
void control_init(Keeper *keeper);

/* Answers one call of @client, which came with @fds; the client may be gone afterwards. */
void control_answer(Keeper *keeper, Client *client, const Message *call, GArray *fds);

/* Kills init and with it the guest, suspended or not; its end is recorded as destroyed. */
bool control_kill(Keeper *keeper, GError **error);

/* Answers the Freeze or Thaw under way, if there is one, with a failure. */
void control_abandon(Keeper *keeper, const char *why);
