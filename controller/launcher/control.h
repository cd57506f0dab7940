/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The launcher's side of the daemon's socket. */
#pragma once

#include "controller/launcher/launch.h"

/* Waits for the call Launch, and defines @launch. @name is whose it must be; NULL: the call says
 * it. False without error when the daemon went away first. */
bool control_receive_launch(Launch *launch, const char *name, GError **error);

/* Waits until init has something to say. Fails when the daemon goes away meanwhile. */
bool control_await_init(Launch *launch, GError **error);

/* Sends @error as the reply to the call that is waiting. */
void control_send_error(int control, const GError *error);
