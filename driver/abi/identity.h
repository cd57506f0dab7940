/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* On whose behalf a thread calls other drivers of the daemon. */
#pragma once

/*
 * Runs @function(@opaque) as the daemon itself and gives the thread its former identity back.
 * A thread of our own has none, and access control would deny all that it asks of other drivers.
 */
void identity_run_as_system(void (*function)(void *opaque), void *opaque);
