/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting programs from the daemon: it has many threads, so only posix_spawn() is used. The child
 * gets a clean signal state, its own session, no descriptor but those given, and a small
 * environment.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Descriptor at which launcher and workers find their control socket. */
#define SPAWN_CONTROL_FD 3

/*
 * Runs @argv[0] with standard input from /dev/null, output and errors to @log (-1: the daemon's own
 * errors) and @control as descriptor SPAWN_CONTROL_FD. The process is a child: whoever waits for it
 * calls spawn_reap().
 */
bool spawn_program(const char *const *argv, int control, int log, pid_t *ret_pid, GError **error);

/* Whether @path is still the file that @file was taken of: a package may have been upgraded. */
bool spawn_is_same_file(const char *path, const struct stat *file);

/* Collects the exit status of a process that has ended; nothing when it is no child of this daemon
 * (by pidfd: the pid of a guest adopted after a restart may long be that of another child). */
void spawn_reap(int pidfd);

/* True when the process behind @pidfd has ended; waits until @deadline (g_get_monotonic_time()). */
bool spawn_wait(int pidfd, gint64 deadline);

/* A pidfd, -1 with errno set: glibc of the oldest supported release has no wrapper. */
int spawn_pidfd(pid_t pid);

/* SIGKILL through a pidfd. */
void spawn_kill(int pidfd);
