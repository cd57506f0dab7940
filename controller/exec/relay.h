/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Carries bytes between our standard descriptors and those of a command. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/exec/exec.h"

/* Our ends: writable, readable, readable; -1: closed or none. With a terminal the first two are the
 * same and there is no third. */
typedef struct {
    Fd input;
    Fd output;
    Fd errors;
    bool terminal;
} Relay;

/*
 * Carries until the command has ended and what it wrote is out; signals that would end this process
 * go to the command meanwhile, changes of the window's size to its terminal. The command's wait
 * status.
 */
bool relay_run(Relay *relay, int pidfd, int *ret_status, GError **error);

void relay_clear(Relay *relay);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Relay, relay_clear)
