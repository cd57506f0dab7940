/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One piece of work in a process of its own (libvirt_lxc_worker), which may hang without harm. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/wire/message.h"

/*
 * Runs the worker with @words, a verb and its arguments, ending with NULL; @fd (-1: none) goes with
 * the call. Its reply, or NULL: the worker's error, FAILURE_OPERATION_TIMEOUT after @seconds, when
 * it is killed, or FAILURE_INTERNAL for a worker that ends without a word.
 */
Message *worker_request(const char *const *words, int fd, int seconds, GError **error);
