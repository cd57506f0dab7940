/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process that becomes the command, in the guest. */
#pragma once

#include "controller/confinement/filter.h"
#include "controller/exec/exec.h"

/* What binds a command as it binds init, made ready while the host is in sight. */
typedef struct {
    Fd filter;
    Fd proc; /* the host's /proc, for a label; -1: none is wanted */
} Confinement;

bool confinement_prepare(Confinement *confinement, const ExecPlan *plan, GError **error);
void confinement_clear(Confinement *confinement);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Confinement, confinement_clear)

/* A terminal of the guest's own devpts; both ends CLOEXEC. */
bool inside_open_terminal(int root, Fd *ret_master, Fd *ret_slave, GError **error);

/*
 * Becomes the command of @plan: @root is the guest's "/", @slave its end of the terminal or -1,
 * @confinement what init is bound by. Returns only with error.
 */
void inside_execute(const ExecPlan *plan, int root, int slave, const Confinement *confinement,
                    GError **error);
