/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the keeper share: one guest, its consoles, and the clients that ask about it.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "controller/keeper/console.h"
#include "controller/keeper/freezer.h"
#include "controller/keeper/kmsg.h"
#include "controller/keeper/loop.h"
#include "controller/wire/handover.h"

/* What is true of the guest; bits, so that a request can name all in which it is legal. */
typedef enum {
    PHASE_RUNNING = 1 << 0,
    PHASE_CHANGING = 1 << 1, /* is being suspended or resumed */
    PHASE_PAUSED = 1 << 2,
    PHASE_DYING = 1 << 3, /* Kill was requested */
    PHASE_ANY = PHASE_RUNNING | PHASE_CHANGING | PHASE_PAUSED | PHASE_DYING,
} Phase;

typedef struct Client Client;

/* How often the guest ran out of memory; see memory.h. */
typedef struct {
    Source source;
    Timer pause; /* until the next time it is told */
    uint64_t seen;
    uint64_t told;
    gint64 last; /* g_get_monotonic_time() value, 0: never */
} Shortage;

typedef struct {
    Loop loop;
    KeeperState *state;
    Phase phase;
    GPtrArray *consoles; /* of Console * */
    Kmsg kmsg;
    GPtrArray *clients; /* of Client * */
    Freezer freezer;
    Shortage shortage;
    Client *waiter; /* who gets the reply of the Freeze or Thaw under way; NULL: it has left */
    uint64_t asked_signals; /* bit N-1: Signal N was requested */
    Source view_source;     /* the view's connection, as long as nobody serves it */
    pid_t view_pid;         /* its server, -1: none */
    Timer view_timer;       /* when that is to be started again */
    gint64 view_started;
    gint64 view_pause; /* before it is started the next time */
    Source notify;
    bool ready; /* the guest's service manager has said so */
    Source listener;
    Source init;    /* init's pidfd */
    Source signals; /* SIGCHLD and requests to end, by signalfd */
} Keeper;

static inline Keeper *
keeper_of_source(Source *source, size_t offset)
{
    return (Keeper *)((char *)source - offset);
}
