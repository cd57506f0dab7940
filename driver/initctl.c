/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Has a worker put a request into the guest's initctl. */
#include "driver/initctl.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config.h"
#include "controller/wire/failure.h"
#include "controller/wire/message.h"
#include "driver/init.h"
#include "driver/spawn.h"

/* Opening and writing a FIFO takes no time, unless the guest means harm. */
#define WORKER_SECONDS 10

/* What the worker answers; an end without an answer is an error too. */
static bool
converse(int socket, int pidfd, gint64 deadline, GError **error)
{
    g_autoptr(Message) call = message_new_call("Initctl");
    g_autoptr(Message) reply = NULL;
    g_autoptr(GError) local = NULL;

    if (!message_send(socket, call, &pidfd, 1, deadline, error))
        return false;
    if (!(reply = message_receive(socket, deadline, NULL, &local))) {
        if (local)
            g_propagate_prefixed_error(error, g_steal_pointer(&local), "initctl worker: ");
        else
            fail(error, FAILURE_INTERNAL, "the initctl worker ended without a word");
        return false;
    }
    return message_check(reply, error);
}

/* Whatever happens, no worker is left behind: it is killed at the deadline. */
static void
end_worker(pid_t pid, gint64 deadline)
{
    g_auto(Fd) pidfd = spawn_pidfd(pid);

    if (pidfd < 0)
        return;
    if (!spawn_wait(pidfd, deadline)) {
        spawn_kill(pidfd);
        spawn_wait(pidfd, g_get_monotonic_time() + G_TIME_SPAN_SECOND);
    }
    spawn_reap(pidfd);
}

bool
initctl_request(Domain *domain, char level, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + WORKER_SECONDS * G_TIME_SPAN_SECOND;
    const char levels[] = { level, '\0' };
    const char *const argv[] = { WORKER_PATH, "Initctl", levels, NULL };
    g_auto(Fd) init = -1;
    g_auto(Fd) mine = -1;
    g_auto(Fd) theirs = -1;
    int pair[2];
    pid_t init_pid;
    pid_t worker;
    bool told;

    if (!init_find(domain, &init_pid, &init, error))
        return false;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return fail_errno(error, errno, "cannot create a socket pair");
    mine = pair[0];
    theirs = pair[1];
    if (!spawn_program(argv, theirs, -1, &worker, error))
        return false;
    fd_close(&theirs);
    told = converse(mine, init, deadline, error);
    fd_close(&mine);
    end_worker(worker, deadline);
    return told;
}
