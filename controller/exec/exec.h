/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Running a command in a guest as init might have: in init's namespaces and control groups, with
 * init's capabilities and other restrictions, and with no descriptor but its standard ones.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/exec/guest.h"
#include "controller/wire/descriptor.h"

typedef struct {
    const Guest *guest;
    char *const *args;        /* args[0] is looked up in PATH unless it has a '/' */
    char *const *environment; /* NULL or "NAME=value" …: above what init was given */
    /* "name", "name:group", "1000", "1000:50": looked up in the guest's own files; NULL: root */
    const char *user;
    const char *directory; /* NULL: the user's home, or "/" where that is none */
    bool terminal;         /* a new terminal of the guest's; else the three descriptors below */
    int input;
    int output;
    int errors;
    bool sibling; /* the command becomes a child of the caller's parent, not of the caller */
} ExecPlan;

/* The process as its parent sees it. */
typedef struct {
    Fd pidfd;
    Fd terminal; /* master of its terminal, or -1 */
    pid_t pid;
    pid_t number; /* its pid as the guest sees it */
} ExecChild;

/*
 * Returns when the command has been executed. It dies with the parent it got, which has a second
 * child to wait for: the process that went between. FAILURE_NO_SOURCE: the guest has no such
 * command; FAILURE_OPERATION_INVALID: the guest is suspended or has ended;
 * FAILURE_OPERATION_TIMEOUT: it did not run until @deadline and was killed.
 */
bool exec_run(const ExecPlan *plan, gint64 deadline, ExecChild *ret_child, GError **error);

void exec_child_clear(ExecChild *child);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ExecChild, exec_child_clear)
