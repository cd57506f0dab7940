/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hearing that the guest ran out of memory, and telling the log and all clients. */
#pragma once

#include "controller/keeper/keeper.h"

/* Watches keeper->state->memory, where there is one. */
bool memory_watch(Keeper *keeper, GError **error);

/* Whether the guest was short of memory a moment ago, so that what was killed was killed for it. */
bool memory_was_short(Keeper *keeper);
