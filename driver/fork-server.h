/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting controllers. A process of the emulator that stands by makes copies of itself, which
 * takes a third of the time of executing it: the fork server. There is none before the first
 * start, or when lxc.conf wants no controller to stand by; it ends with the daemon.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * Starts @argv[0], the emulator, with a socket to be its control socket, whose other end
 * *ret_socket belongs to the caller, and with output and errors to @log (-1: the daemon's own
 * errors). As by spawn_program(): the process is a child to be reaped.
 */
bool fork_server_spawn(const char *const *argv, int log, pid_t *ret_pid, int *ret_socket,
                       GError **error);

/* Sees to it that there is one for this @emulator, as the file is now. */
void fork_server_provide(const char *emulator);

/* Ends it, and waits for that a moment. None is started afterwards, until fork_server_init(). */
void fork_server_init(void);
void fork_server_close(void);
