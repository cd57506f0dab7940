/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many tasks of the guest want to run. */
#pragma once

#include "controller/view/view.h"

unsigned load_running(View *view);
unsigned load_blocked(View *view);

/*
 * Averages over 1, 5 and 15 minutes. Nothing is sampled while nobody asks: for the time between two
 * questions the average is what the guest has used of the processors since.
 */
bool load_average(View *view, GString *text);
