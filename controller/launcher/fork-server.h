/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A launcher that starts launchers: a copy of a process that has been executed already has neither
 * to be executed, which is done twice (self.c), nor to be set up by the C library.
 */
#pragma once

#include <glib.h>

/*
 * Serves calls of Fork on @socket until the daemon closes it. Returns in each copy, which is a
 * child of the daemon as if that had executed it: its arguments (free with g_strfreev()), with
 * @socket now being its own, standard output and errors its log; @argv, those of the server's
 * main(), are overwritten with them. NULL in the server itself, when it has to end; *error is unset
 * when all is well.
 */
char **fork_server_run(int socket, char **argv, GError **error);
