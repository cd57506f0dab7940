/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One console: the guest's pty joined to a stream client (OpenConsole) and to a pty of the host.
 *
 *   output: what the guest prints goes to the stream, if there is one, and to the host's pty, if
 *           somebody has its slave open. With nobody there its end is kept (BACKLOG_SIZE bytes)
 *           and is the first thing that the next stream gets. It never blocks the guest for longer
 *           than CONSOLE_PATIENCE: then the stream that does not read is ended, or the host's pty
 *           left out until its reader wakes up.
 *   input:  from the stream and from the host's pty to the guest.
 *
 * No failure of a console reaches the guest or the other consoles.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/keeper/loop.h"
#include "controller/wire/handover.h"

#define CONSOLE_PATIENCE (5 * G_USEC_PER_SEC)

typedef struct Console Console;

/* Takes the descriptors of @config, which must outlive the console. */
Console *console_new(Loop *loop, const KeeperConsole *config, GError **error);
void console_free(Console *console);

const KeeperConsole *console_config(const Console *console);

/*
 * Attaches a stream and returns the client's end (non-blocking, CLOEXEC). One at a time: without
 * @force a second one fails with FAILURE_OPERATION_FAILED, with it the first one ends. -1 on
 * failure.
 */
int console_open(Console *console, bool force, GError **error);

/* Moves on what the guest has printed so far as far as that goes without waiting. */
void console_drain(Console *console);
