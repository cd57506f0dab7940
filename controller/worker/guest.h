/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Into a running guest's files, which are hostile. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/*
 * Takes this process, with all its privileges, into the mount namespace of the process behind
 * @pidfd. From here on no path is to be opened but below guest_open_root()'s descriptor by
 * place_open() and the like. FAILURE_OPERATION_INVALID when the process has ended.
 */
bool guest_enter(int pidfd, GError **error);

/* An O_PATH descriptor of the guest's root directory, once in it; -1 with error. */
int guest_open_root(GError **error);
