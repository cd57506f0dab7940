/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The label of a security module that a process gets by its next execution. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/wire/container.h"

/* Whether there is a label to set. */
bool label_is_wanted(const ContainerProcess *process);

/*
 * Asks the kernel for the label(s) of @process. @proc is an O_PATH descriptor of the host's /proc:
 * a guest's own could be anything. Call it when ids and capabilities are final.
 */
bool label_request(const ContainerProcess *process, int proc, GError **error);
