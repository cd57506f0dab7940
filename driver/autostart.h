/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests that start with the host. */
#pragma once

/*
 * Starts the domains marked so, once per boot of the host; returns at once. Those with a lower
 * priority first, and when all of these have started or failed, the next; those of one priority
 * side by side.
 */
void autostart_begin(void);
