/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* State of a process that survives execve(). */
#pragma once

/* Every signal unblocked and at its default. */
void process_reset_signals(void);
