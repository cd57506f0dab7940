/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way into a guest. Three processes take part: who asks, who goes between, and the command.
 * Between the first and the last there must be one that joins the pid namespace, which takes effect
 * for children only; it is born into the guest's control group while it still has the host's
 * rights, which that takes. The command is its sibling, so that who asks can wait for it.
 */
#include "controller/exec/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/exec/groups.h"
#include "controller/exec/inside.h"
#include "controller/kernel.h"
#include "controller/launcher/process-limits.h"
#include "controller/launcher/process.h"
#include "controller/launcher/steps.h"
#include "controller/wire/failure.h"
#include "controller/wire/message.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

#define ALL_KINDS                                                                              \
    (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | \
     CLONE_NEWTIME | CLONE_NEWCGROUP)

#define SEND_SECONDS 10

static void
send_error(int report, const GError *error)
{
    g_autoptr(Message) message = message_new_error(error);

    message_send(report, message, NULL, 0, g_get_monotonic_time() + SEND_SECONDS * G_USEC_PER_SEC,
                 NULL);
}

static bool
send_child(int report, const ExecChild *child, GError **error)
{
    g_autoptr(Message) message = message_new_reply();
    const int fds[] = { child->pidfd, child->terminal };

    message->parameters->init_pid = child->pid;
    return message_send(report, message, fds, child->terminal >= 0 ? 2 : 1,
                        g_get_monotonic_time() + SEND_SECONDS * G_USEC_PER_SEC, error);
}

/* What only the process in the guest knows: its number there. */
static bool
send_number(int report, GError **error)
{
    g_autoptr(Message) message = message_new_reply();

    message->parameters->number = getpid();
    return message_send(report, message, NULL, 0,
                        g_get_monotonic_time() + SEND_SECONDS * G_USEC_PER_SEC, error);
}

G_NORETURN static void
become_command(const ExecPlan *plan, int report, int root, int slave,
               const Confinement *confinement)
{
    g_autoptr(GArray) kept = g_array_new(FALSE, FALSE, sizeof(int));
    g_autoptr(GError) error = NULL;

    g_array_append_val(kept, report);
    g_array_append_val(kept, root);
    g_array_append_val(kept, slave);
    g_array_append_val(kept, confinement->filter);
    g_array_append_val(kept, confinement->proc);
    g_array_append_val(kept, plan->input);
    g_array_append_val(kept, plan->output);
    g_array_append_val(kept, plan->errors);
    process_close_others(kept);
    /* if its parent is dead already, there is nobody to report to either */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (send_number(report, &error))
        inside_execute(plan, root, slave, confinement, &error);
    send_error(report, error);
    _exit(EXIT_FAILURE);
}

/* Closes what the process that goes between does not need, before the guest can see it. */
static void
close_others(const ExecPlan *plan, const ExecGroups *groups, int report)
{
    g_autoptr(GArray) kept = g_array_new(FALSE, FALSE, sizeof(int));

    g_array_append_val(kept, report);
    g_array_append_val(kept, plan->guest->pidfd);
    g_array_append_val(kept, plan->input);
    g_array_append_val(kept, plan->output);
    g_array_append_val(kept, plan->errors);
    g_array_append_vals(kept, groups->tasks->data, groups->tasks->len);
    process_close_others(kept);
}

static bool
go_between(const ExecPlan *plan, const ExecGroups *groups, int report, GError **error)
{
    struct clone_args arguments = { .flags = CLONE_PARENT | CLONE_PIDFD };
    g_auto(ExecChild) child = { -1, -1 };
    g_auto(Fd) root = -1;
    g_auto(Fd) slave = -1;
    g_auto(Confinement) confinement = { -1, -1 };

    close_others(plan, groups, report);
    if (!confinement_prepare(&confinement, plan, error) || !process_reset(error) ||
        !limits_apply(plan->guest->container->process, getpid(), error) ||
        !exec_groups_enter(groups, error) || !guest_join(plan->guest, ALL_KINDS, error))
        return false;
    if ((root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
        return fail_errno(error, errno, "cannot open the guest's root directory");
    if (plan->terminal && !inside_open_terminal(root, &child.terminal, &slave, error))
        return false;
    arguments.pidfd = (uintptr_t)&child.pidfd;
    if ((child.pid = kernel_clone3(&arguments)) == 0)
        become_command(plan, report, root, slave, &confinement);
    if (child.pid < 0)
        return fail_errno(error, errno, "cannot create a process in the guest");
    return send_child(report, &child, error);
}

/* Forks the process that goes between; its pidfd, -1 with error. */
static int
fork_between(const ExecPlan *plan, const ExecGroups *groups, int report, GError **error)
{
    struct clone_args arguments = { .flags = CLONE_PIDFD };
    g_autoptr(GError) local = NULL;
    int pidfd = -1;
    pid_t pid;

    arguments.pidfd = (uintptr_t)&pidfd;
    if (plan->sibling)
        arguments.flags |= CLONE_PARENT;
    else
        arguments.exit_signal = SIGCHLD;
    if (groups->birthplace >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = groups->birthplace;
    }
    if ((pid = kernel_clone3(&arguments)) == 0) {
        if (!go_between(plan, groups, report, &local))
            send_error(report, local);
        _exit(local ? EXIT_FAILURE : EXIT_SUCCESS);
    }
    if (pid > 0)
        return pidfd;
    fail_errno(error, errno, "cannot create a process in the guest's control group");
    return -1;
}

static bool
take_part(int report, gint64 deadline, ExecChild *child, GError **error)
{
    g_autoptr(GArray) fds = NULL;
    g_autoptr(Message) message = message_receive(report, deadline, &fds, error);

    if (!message)
        return *error ? false
                      : fail(error, FAILURE_OPERATION_INVALID,
                             "the way into the guest broke off: it has ended, or has no memory or "
                             "processes left");
    if (!message_check(message, error))
        return false;
    if (message->parameters->number) {
        child->number = message->parameters->number;
        return true;
    }
    child->pid = message->parameters->init_pid;
    child->pidfd = fds ? message_take_fd(fds, 0) : -1;
    child->terminal = fds && fds->len > 1 ? message_take_fd(fds, 1) : -1;
    return child->pidfd >= 0 ||
           fail(error, FAILURE_INTERNAL, "no process came back from the guest");
}

/* Both processes of the guest's side report, in whatever order. */
static bool
take_child(int report, gint64 deadline, ExecChild *child, GError **error)
{
    return take_part(report, deadline, child, error) && take_part(report, deadline, child, error) &&
           (child->pidfd >= 0 || fail(error, FAILURE_INTERNAL, "no process came back"));
}

/* Its end of file is that of a descriptor which the execution has closed. */
static bool
await_execution(int report, gint64 deadline, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_autoptr(Message) message = message_receive(report, deadline, NULL, &local);

    if (message)
        return message_check(message, error);
    if (!local)
        return true;
    g_propagate_error(error, g_steal_pointer(&local));
    return false;
}

static void
end_between(const ExecPlan *plan, int between, bool kill)
{
    siginfo_t info;

    if (kill)
        kernel_pidfd_send_signal(between, SIGKILL);
    if (!plan->sibling)
        waitid(P_PIDFD, between, &info, WEXITED | (kill ? WNOHANG : 0));
}

/* @report is closed early: the command's own end is to be the last one. */
static bool
converse(const ExecPlan *plan, const ExecGroups *groups, gint64 deadline, ExecChild *child,
         GError **error)
{
    g_auto(Fd) mine = -1;
    g_auto(Fd) theirs = -1;
    g_auto(Fd) between = -1;
    int pair[2];
    bool done;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return fail_errno(error, errno, "cannot create a socket pair");
    mine = pair[0];
    theirs = pair[1];
    if ((between = fork_between(plan, groups, theirs, error)) < 0)
        return false;
    fd_close(&theirs);
    done = take_child(mine, deadline, child, error) && await_execution(mine, deadline, error);
    end_between(plan, between, !done);
    if (!done && child->pidfd >= 0) {
        siginfo_t info;

        kernel_pidfd_send_signal(child->pidfd, SIGKILL);
        if (!plan->sibling)
            waitid(P_PIDFD, child->pidfd, &info, WEXITED | WNOHANG);
    }
    return done;
}

static bool
fail_timeout(const ExecPlan *plan, GError **error)
{
    return fail(error, FAILURE_OPERATION_TIMEOUT,
                "'%s' could not be executed in time: the guest may be suspended, or the file "
                "system of the command hangs",
                plan->args[0]);
}

bool
exec_run(const ExecPlan *plan, gint64 deadline, ExecChild *ret_child, GError **error)
{
    g_auto(ExecChild) child = { -1, -1 };
    g_auto(ExecGroups) groups = { -1, NULL };
    g_autoptr(GError) local = NULL;

    if (plan->guest->paused)
        return fail(error, FAILURE_OPERATION_INVALID,
                    "domain '%s' is suspended: resume it to run a command in it",
                    plan->guest->name);
    if (!exec_groups_open(&groups, plan->guest, error))
        return false;
    if (!converse(plan, &groups, deadline, &child, &local)) {
        if (g_error_matches(local, FAILURE, FAILURE_OPERATION_TIMEOUT))
            return fail_timeout(plan, error);
        g_propagate_error(error, g_steal_pointer(&local));
        return false;
    }
    *ret_child = child;
    child = (ExecChild){ -1, -1 };
    return true;
}

void
exec_child_clear(ExecChild *child)
{
    fd_close(&child->pidfd);
    fd_close(&child->terminal);
}
