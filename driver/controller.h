/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The driver's end of the controller's socket. A request opens its own connection to NAME.sock and
 * so needs no state and no lock; every one has a deadline. See controller/wire/protocol.rst.
 */
#pragma once

#include "controller/wire/message.h"
#include "driver/domain.h"

/* Sends a call without parameters ("Freeze") and waits for the reply. Busy or a reference is held,
 * no lock. */
bool controller_request(Domain *domain, const char *method, GError **error);

/*
 * The same with parameters: @call is sent as it is. Descriptors of the reply go to @ret_fds when it
 * is not NULL. Returns the reply (never an error reply: that becomes *error), free with
 * message_free().
 */
Message *controller_call(Domain *domain, const Message *call, GArray **ret_fds, GError **error);

/* The same with descriptor @fd, which goes with the call and stays the caller's. */
Message *controller_call_with(Domain *domain, const Message *call, int fd, GError **error);

/* A connection to the socket of @name; -1 with error when nobody listens. */
int controller_connect(const char *name, GError **error);

/* Milliseconds a request may take. */
#define CONTROLLER_DEADLINE_MS 10000
