/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon's side of the fork server. */
#include "driver/fork-server.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"
#include "controller/wire/message.h"
#include "driver/report.h"
#include "driver/spawn.h"

#define ANSWER_SECONDS 2
#define CLOSE_SECONDS  2

typedef struct {
    char *emulator;
    struct stat file; /* of the emulator, when it was executed */
    Fd pidfd;
    Fd socket;
} ForkServer;

/* Held while one is asked: it answers one after the other anyway. */
static GMutex lock;
static ForkServer *server; /* NULL: none */
static bool closed = true;

static gint64
seconds_from_now(int seconds)
{
    return g_get_monotonic_time() + seconds * G_TIME_SPAN_SECOND;
}

static void
server_end(ForkServer *ending)
{
    if (!ending)
        return;
    fd_close(&ending->socket);
    if (!spawn_wait(ending->pidfd, seconds_from_now(CLOSE_SECONDS)))
        spawn_kill(ending->pidfd);
    spawn_wait(ending->pidfd, seconds_from_now(CLOSE_SECONDS));
    spawn_reap(ending->pidfd);
    fd_close(&ending->pidfd);
    g_free(ending->emulator);
    g_free(ending);
}

static bool
server_suits(const char *emulator)
{
    return server && g_str_equal(server->emulator, emulator) && !spawn_wait(server->pidfd, 0) &&
           spawn_is_same_file(emulator, &server->file);
}

static bool
make_pair(Fd *ret_mine, Fd *ret_theirs, GError **error)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return fail_errno(error, errno, "cannot create a socket pair");
    *ret_mine = pair[0];
    *ret_theirs = pair[1];
    return true;
}

static bool
server_ask(const char *const *argv, const int *fds, pid_t *ret_pid, GError **error)
{
    g_autoptr(Message) call = message_new_call("Fork");
    g_autoptr(Message) reply = NULL;

    call->parameters->arguments = g_strdupv((char **)argv);
    if (!message_send(server->socket, call, fds, fds[1] >= 0 ? 2 : 1,
                      seconds_from_now(ANSWER_SECONDS), error) ||
        !(reply = message_receive(server->socket, seconds_from_now(ANSWER_SECONDS), NULL, error)))
        return *error ? false
                      : fail(error, FAILURE_OPERATION_FAILED,
                             "the process that copies controllers has ended");
    if (!message_check(reply, error))
        return false;
    *ret_pid = (pid_t)reply->parameters->number;
    return true;
}

/* One that fails ends: should it have made a copy, its socket is closed, and so it ends, too. */
static bool
server_fork(const char *const *argv, int log, pid_t *ret_pid, int *ret_socket)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    g_autoptr(GError) error = NULL;
    g_auto(Fd) mine = -1;
    g_auto(Fd) theirs = -1;
    int fds[2];

    if (!server_suits(argv[0]) || !make_pair(&mine, &theirs, NULL))
        return false;
    fds[0] = theirs;
    fds[1] = log;
    if (!server_ask(argv, fds, ret_pid, &error)) {
        report_log("fork server", error);
        spawn_kill(server->pidfd);
        server_end(g_steal_pointer(&server));
        return false;
    }
    *ret_socket = fd_steal(&mine);
    return true;
}

static bool
execute(const char *const *argv, int log, pid_t *ret_pid, int *ret_socket, GError **error)
{
    g_auto(Fd) mine = -1;
    g_auto(Fd) theirs = -1;

    if (!make_pair(&mine, &theirs, error) || !spawn_program(argv, theirs, log, ret_pid, error))
        return false;
    *ret_socket = fd_steal(&mine);
    return true;
}

bool
fork_server_spawn(const char *const *argv, int log, pid_t *ret_pid, int *ret_socket, GError **error)
{
    return server_fork(argv, log, ret_pid, ret_socket) ||
           execute(argv, log, ret_pid, ret_socket, error);
}

static ForkServer *
server_new(const char *emulator, GError **error)
{
    const char *const argv[] = { emulator, "--fork-server", "--control-fd",
                                 G_STRINGIFY(SPAWN_CONTROL_FD), NULL };
    ForkServer *made = g_new0(ForkServer, 1);
    pid_t pid;
    int control;

    if (stat(emulator, &made->file) < 0)
        fail_errno(error, errno, "cannot examine '%s'", emulator);
    else if (execute(argv, -1, &pid, &control, error))
        made->emulator = g_strdup(emulator);
    if (!made->emulator) {
        g_free(made);
        return NULL;
    }
    made->socket = control;
    if ((made->pidfd = spawn_pidfd(pid)) >= 0)
        return made;
    fail_errno(error, errno, "cannot follow it");
    fd_close(&made->socket);
    waitpid(pid, NULL, 0);
    g_free(made->emulator);
    g_free(made);
    return NULL;
}

void
fork_server_provide(const char *emulator)
{
    g_autoptr(GError) error = NULL;
    ForkServer *ending = NULL;

    g_mutex_lock(&lock);
    if (!closed && !server_suits(emulator)) {
        ending = g_steal_pointer(&server);
        server = server_new(emulator, &error);
    }
    g_mutex_unlock(&lock);
    if (error)
        report_log("fork server", error);
    /* no start waits for that */
    server_end(ending);
}

void
fork_server_init(void)
{
    g_mutex_lock(&lock);
    closed = false;
    g_mutex_unlock(&lock);
}

void
fork_server_close(void)
{
    ForkServer *ending;

    g_mutex_lock(&lock);
    closed = true;
    ending = g_steal_pointer(&server);
    g_mutex_unlock(&lock);
    server_end(ending);
}
