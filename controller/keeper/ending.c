/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How init ended, and what is left behind. */
#include "controller/keeper/ending.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/keeper/client.h"
#include "controller/keeper/control.h"
#include "controller/keeper/log.h"
#include "controller/keeper/memory.h"
#include "controller/keeper/view.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"
#include "controller/wire/message.h"

/*
 * What reboot(2) inside a pid namespace leaves as init's death, see pid_namespaces(7): SIGHUP for a
 * restart, SIGINT for power off and halt.
 */
static const char *
ending_reason(const Keeper *keeper, int number)
{
    if (keeper->phase == PHASE_DYING)
        return MESSAGE_REASON_DESTROYED;
    if (number == 0 || number == SIGINT)
        return MESSAGE_REASON_SHUTDOWN;
    if (number == SIGHUP)
        return MESSAGE_REASON_REBOOT;
    if (keeper->asked_signals & UINT64_C(1) << (number - 1))
        return MESSAGE_REASON_DESTROYED;
    return MESSAGE_REASON_CRASHED;
}

static Message *
ending_describe(Keeper *keeper, const siginfo_t *info)
{
    Message *event = message_new_event("exited");
    MessageParameters *parameters = event->parameters;

    if (info->si_code == CLD_EXITED)
        parameters->exit_code = info->si_status;
    else
        parameters->signal = info->si_status;
    parameters->reason = g_strdup(ending_reason(keeper, parameters->signal));
    parameters->out_of_memory = parameters->signal == SIGKILL && memory_was_short(keeper) &&
                                g_str_equal(parameters->reason, MESSAGE_REASON_CRASHED);
    return event;
}

static bool
record_fill(int fd, const char *text, const char *file, GError **error)
{
    size_t length = strlen(text);
    ssize_t n;

    do
        n = write(fd, text, length);
    while (n < 0 && errno == EINTR);
    if (n < 0 || (size_t)n < length || fsync(fd) < 0)
        return fail_errno(error, n < 0 || (size_t)n == length ? errno : ENOSPC, "cannot write '%s'",
                          file);
    return true;
}

/* Under another name first: who finds NAME.exit finds all of it. */
static bool
record_write(const Keeper *keeper, const MessageParameters *parameters, GError **error)
{
    int directory = keeper->state->state_directory;
    g_autofree char *text = json_write(&message_parameters_type, parameters, false);
    g_autofree char *file = g_strconcat(keeper->state->name, ".exit", NULL);
    g_autofree char *temporary = g_strconcat(file, ".new", NULL);
    g_auto(Fd) fd = -1;

    unlinkat(directory, temporary, 0);
    fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_errno(error, errno, "cannot create '%s'", temporary);
    if (!record_fill(fd, text, temporary, error)) {
        unlinkat(directory, temporary, 0);
        return false;
    }
    if (renameat(directory, temporary, directory, file) < 0)
        return fail_errno(error, errno, "cannot rename '%s' to '%s'", temporary, file);
    return true;
}

static void
file_remove(const Keeper *keeper, const char *suffix)
{
    g_autofree char *file = g_strconcat(keeper->state->name, suffix, NULL);

    if (unlinkat(keeper->state->state_directory, file, 0) < 0 && errno != ENOENT)
        log_line("cannot remove '%s': %s", file, g_strerror(errno));
}

/*
 * After the event nothing in the state directory is touched: the daemon may start a guest of this
 * name at once.
 */
static void
ending_conclude(Keeper *keeper, const siginfo_t *info)
{
    g_autoptr(Message) event = ending_describe(keeper, info);
    MessageParameters *parameters = event->parameters;
    g_autoptr(GError) error = NULL;
    guint i;

    view_end(keeper);
    for (i = 0; i < keeper->consoles->len; i++)
        console_drain(keeper->consoles->pdata[i]);
    kmsg_drain(&keeper->kmsg);

    parameters->init_pid = keeper->state->init_pid;
    if (!record_write(keeper, parameters, &error))
        log_line("%s", error->message);
    file_remove(keeper, ".pid");
    file_remove(keeper, ".sock");
    control_abandon(keeper, "the guest has ended meanwhile");
    clients_tell(keeper, event);
    log_line("the guest has ended: %s (exit code %d, signal %d%s)", parameters->reason,
             (int)parameters->exit_code, (int)parameters->signal,
             parameters->out_of_memory ? ", out of memory" : "");
    keeper->loop.stopped = true;
}

/* Reaps init when it has ended, and any other child that the launcher has left. */
static void
children_reap(Keeper *keeper)
{
    siginfo_t info;

    for (;;) {
        info.si_pid = 0;
        /* __WALL: also a child whose end sends another signal than SIGCHLD, or none */
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | __WALL) < 0 || info.si_pid == 0)
            return;
        if (info.si_pid != keeper->state->init_pid && info.si_code != CLD_EXITED &&
            keeper->phase != PHASE_DYING)
            log_line("process %d has died by signal %d", (int)info.si_pid, info.si_status);
        view_child_ended(keeper, info.si_pid,
                         info.si_code == CLD_EXITED && info.si_status == EXIT_SUCCESS);
        if (info.si_pid == keeper->state->init_pid && !keeper->loop.stopped)
            ending_conclude(keeper, &info);
    }
}

/* All that have come: a service manager that ends a scope asks keeper and init, and the guest is
 * destroyed even if init has been quicker. */
static void
signals_read(Keeper *keeper)
{
    struct signalfd_siginfo info;

    while (read(keeper->signals.fd, &info, sizeof(info)) == sizeof(info)) {
        g_autoptr(GError) error = NULL;

        if (info.ssi_signo == SIGCHLD)
            continue;
        log_line("signal %d of process %d: the guest is destroyed", (int)info.ssi_signo,
                 (int)info.ssi_pid);
        if (!control_kill(keeper, &error))
            log_line("%s", error->message);
    }
}

static void
init_ready(Source *source, uint32_t events)
{
    Keeper *keeper = keeper_of_source(source, offsetof(Keeper, init));
    siginfo_t unknown = { .si_code = CLD_KILLED, .si_status = SIGKILL };

    signals_read(keeper);
    children_reap(keeper);
    if (keeper->loop.stopped)
        return;
    log_line("init is gone, and its status was lost");
    ending_conclude(keeper, &unknown);
}

static void
signals_ready(Source *source, uint32_t events)
{
    Keeper *keeper = keeper_of_source(source, offsetof(Keeper, signals));

    signals_read(keeper);
    children_reap(keeper);
}

bool
ending_watch(Keeper *keeper, GError **error)
{
    sigset_t watched;

    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    sigaddset(&watched, SIGTERM);
    sigaddset(&watched, SIGINT);
    if (sigprocmask(SIG_SETMASK, &watched, NULL) < 0)
        return fail_errno(error, errno, "cannot block signals");
    /* an ignored SIGCHLD, inherited through execve(), would make the kernel throw init's status
     * away */
    signal(SIGCHLD, SIG_DFL);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);

    keeper->signals.ready = signals_ready;
    keeper->signals.fd = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    if (keeper->signals.fd < 0)
        return fail_errno(error, errno, "cannot create a signalfd");
    /* children that ended before the signal was watched */
    loop_again(&keeper->loop, &keeper->signals);
    keeper->init = (Source){ .fd = keeper->state->init_pidfd, .ready = init_ready };
    return loop_watch(&keeper->loop, &keeper->signals, EPOLLIN, error) &&
           loop_watch(&keeper->loop, &keeper->init, EPOLLIN, error);
}
