/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Controllers that stand by: started ahead, with everything made that does not depend on a domain
 * (program, control groups, network namespace, FUSE mount), each becomes that of the next domain
 * that starts. The first one is started after the first start. lxc.conf says how many there are;
 * none where systemd makes the groups. They end with the daemon.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/* Removes what is left of those of a daemon that was killed together with them. */
void standby_init(void);

/* Ends all, and waits for that a moment. */
void standby_close(void);

/*
 * Takes one that was started for this @emulator, as the file is now, and this @partition. False:
 * there is none. *ret_pid is a child to be reaped by the caller, to whom *ret_socket belongs.
 */
bool standby_take(const char *emulator, const char *partition, pid_t *ret_pid, int *ret_socket);

/* Removes what one that was taken and killed before it could rename its groups has left. */
void standby_remove_groups(const char *partition, pid_t pid);

/* Starts, in a thread, as many as are missing. */
void standby_refill(const char *emulator, const char *partition);
