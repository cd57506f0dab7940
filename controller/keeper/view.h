/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The server of the guest's view of /proc: a child that is started again when it dies. */
#pragma once

#include "controller/keeper/keeper.h"

/* Watches the server that the launcher has started. */
void view_init(Keeper *keeper);

/* A child has ended; nothing happens when it was another one. */
void view_child_ended(Keeper *keeper, pid_t pid, bool by_itself);

/*
 * Ends server and view for good: who waits for an answer gets an error. A guest that is to die must
 * not wait for a server that hangs.
 */
void view_end(Keeper *keeper);
