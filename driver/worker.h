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

typedef struct {
    const char *const *words; /* as above */
    const GPtrArray *nodes;   /* of DeviceNode *: parameter of the call; NULL: none */
    const int *fds;           /* go with the call; stay the caller's */
    size_t n_fds;
    int seconds;
} WorkerCall;

/* The same with several descriptors; those of the reply go to @ret_fds when it is not NULL. */
Message *worker_call(const WorkerCall *call, GArray **ret_fds, GError **error);
