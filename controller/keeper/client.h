/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Connections to the keeper's socket. */
#pragma once

#include <glib.h>

#include "controller/keeper/keeper.h"
#include "controller/wire/message.h"

/* Calls client_accept() when keeper->state->listener has somebody waiting. */
bool clients_listen(Keeper *keeper, GError **error);

/* Adds a connected socket, which is owned from now on; NULL (and closed) when that fails. */
Client *client_new(Keeper *keeper, int fd);

/* Closes the connection and forgets it. */
void client_drop(Client *client);

/*
 * Sends, without waiting. A client that has no room for it does not read, and is dropped: @client
 * is invalid when this returns false.
 */
bool client_send(Client *client, const Message *message, const int *fds, size_t n_fds);

/* Sends @message to all. */
void clients_tell(Keeper *keeper, const Message *message);
