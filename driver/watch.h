/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notices that guests end: one thread that waits on the event connection of each guest (or, for a
 * guest of the stock driver, on the pidfd of its controller) and hands every end over to ending.c.
 */
#pragma once

#include "driver/domain.h"

/* Starts the thread; once. */
bool watch_init(GError **error);

/*
 * Watches the guest @pid of @domain until it ends. @socket: connection to its keeper, -1: none,
 * then
 * @pidfd is waited for. Both descriptors move here. When it ends, ending_guest_ended() is called
 * once.
 */
void watch_guest(Domain *domain, pid_t pid, int socket, int pidfd);
