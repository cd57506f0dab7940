/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The launcher's side of the daemon's socket. */
#pragma once

#include "controller/launcher/launch.h"

/* Waits for the call Launch on @control, which stays the caller's until success; then the result
 * owns it. NULL without error when the daemon went away first. */
Launch *control_receive_launch(int control, const char *name, GError **error);

/* Waits until init has something to say. Fails when the daemon goes away meanwhile. */
bool control_await_init(Launch *launch, GError **error);

/* Sends @error as the reply to the call that is waiting. */
void control_send_error(int control, const GError *error);
