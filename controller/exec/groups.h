/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The control groups in which init is. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/exec/guest.h"

typedef struct {
    Fd birthplace; /* of v2: for CLONE_INTO_CGROUP; -1: no such hierarchy */
    GArray *tasks; /* of Fd: "tasks" of each v1 hierarchy */
} ExecGroups;

/* Opens them on the host's side. What init's group allows and limits counts for who joins it. */
bool exec_groups_open(ExecGroups *groups, const Guest *guest, GError **error);

/* Moves the calling process, in every v1 hierarchy. */
bool exec_groups_enter(const ExecGroups *groups, GError **error);

void exec_groups_clear(ExecGroups *groups);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ExecGroups, exec_groups_clear)
