/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process that becomes the command, in the guest. */
#pragma once

#include "controller/confinement/filter.h"
#include "controller/exec/exec.h"

/* A terminal of the guest's own devpts; both ends CLOEXEC. */
bool inside_open_terminal(int root, Fd *ret_master, Fd *ret_slave, GError **error);

/*
 * Becomes the command of @plan: @root is the guest's "/", @slave its end of the terminal or -1,
 * @filter what init's system calls go through. Returns only with error.
 */
void inside_execute(const ExecPlan *plan, int root, int slave, const Filter *filter,
                    GError **error);
