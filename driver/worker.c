/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a worker, asks it, and never leaves one behind. */
#include "driver/worker.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"
#include "driver/spawn.h"

/* What the worker answers; an end without an answer is an error too. */
static Message *
converse(int socket, const WorkerCall *work, gint64 deadline, GArray **ret_fds, GError **error)
{
    const char *verb = work->words[0];
    g_autoptr(Message) call = message_new_call(verb);
    g_autoptr(Message) reply = NULL;
    g_autoptr(GError) local = NULL;

    if (work->nodes)
        call->parameters->nodes = g_ptr_array_ref((GPtrArray *)work->nodes);
    if (!message_send(socket, call, work->fds, work->n_fds, deadline, error))
        return NULL;
    if (!(reply = message_receive(socket, deadline, ret_fds, &local))) {
        if (local)
            g_propagate_prefixed_error(error, g_steal_pointer(&local), "worker %s: ", verb);
        else
            fail(error, FAILURE_INTERNAL, "the worker %s ended without a word", verb);
        return NULL;
    }
    return message_check(reply, error) ? g_steal_pointer(&reply) : NULL;
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

Message *
worker_call(const WorkerCall *call, GArray **ret_fds, GError **error)
{
    const char *const *words = call->words;
    gint64 deadline = g_get_monotonic_time() + call->seconds * G_TIME_SPAN_SECOND;
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_auto(Fd) mine = -1;
    g_auto(Fd) theirs = -1;
    Message *reply;
    int pair[2];
    pid_t worker;
    size_t i;

    g_ptr_array_add(argv, (char *)WORKER_PATH);
    for (i = 0; words[i]; i++)
        g_ptr_array_add(argv, (char *)words[i]);
    g_ptr_array_add(argv, NULL);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        fail_errno(error, errno, "cannot create a socket pair");
        return NULL;
    }
    mine = pair[0];
    theirs = pair[1];
    if (!spawn_program((const char *const *)argv->pdata, theirs, -1, &worker, error))
        return NULL;
    fd_close(&theirs);
    reply = converse(mine, call, deadline, ret_fds, error);
    fd_close(&mine);
    end_worker(worker, deadline);
    return reply;
}

Message *
worker_request(const char *const *words, int fd, int seconds, GError **error)
{
    const WorkerCall call = { .words = words, .fds = &fd, .n_fds = fd >= 0, .seconds = seconds };

    return worker_call(&call, NULL, error);
}
