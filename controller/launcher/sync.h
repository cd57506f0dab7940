/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Between launcher and the process that becomes init: a SEQPACKET socket pair, close-on-exec, so
 * that its end tells the launcher that init was executed, and tells init that the launcher is gone.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
    SYNC_MAPPED = 'm',    /* to init: the id maps are written */
    SYNC_FILTER = 'f',    /* to init: the filter of system calls is compiled */
    SYNC_READY = 'r',     /* to the launcher: all is prepared */
    SYNC_GO = 'g',        /* to init: run */
    SYNC_EXECUTING = 'x', /* to the launcher: the next thing is execve() */
    SYNC_ERROR = 'e',     /* to the launcher: a step failed */
    SYNC_END = 0,         /* the other end is closed */
} SyncKind;

/* Fails when the other end is closed. */
bool sync_send(int socket, SyncKind kind, GError **error);
void sync_send_error(int socket, const GError *error);

/* Waits for a packet. An error that was sent becomes @error. SYNC_ERROR is returned for any
 * failure. */
SyncKind sync_receive(int socket, GError **error);

/* For init to be: waits for @wanted, and ends without a word when the launcher has. */
bool sync_await(int socket, SyncKind wanted, GError **error);
