/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits and oom score of a process of the guest. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "controller/wire/container.h"

/* Gives process @pid (a positive number, of the host's) what the definition says for init. */
bool limits_apply(const ContainerProcess *process, pid_t pid, GError **error);
