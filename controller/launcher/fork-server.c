/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fork; see controller/wire/protocol.rst. */
#include "controller/launcher/fork-server.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "controller/kernel.h"
#include "controller/launcher/control.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"
#include "controller/wire/message.h"

#define SEND_SECONDS 2
#define FOREVER      (G_MAXINT64 / 2) /* the end of the socket ends the wait */

/* What ps(1) shows is the memory that the server's arguments are in: as much as there is room for.
 */
static void
show_arguments(char **argv, char **arguments)
{
    size_t count = g_strv_length(argv);
    char *at = argv[0];
    char *end = argv[count - 1] + strlen(argv[count - 1]);

    memset(at, 0, end - at);
    for (; *arguments && at < end; arguments++)
        at += g_strlcpy(at, *arguments, end - at + 1) + 1;
}

/* In the copy. The server's socket is closed with that: it has to end when the daemon's end does.
 */
static bool
become_launcher(int socket, int control, int log, GError **error)
{
    setsid();
    if (dup3(control, socket, O_CLOEXEC) < 0 ||
        (log >= 0 && (dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)))
        return fail_errno(error, errno, "cannot take the descriptors of a controller");
    return true;
}

static bool
check(const Message *call, const GArray *fds, GError **error)
{
    if (g_strcmp0(call->method, "Fork") != 0)
        return fail(error, FAILURE_OPERATION_UNSUPPORTED, "expected the call Fork, not '%s'",
                    call->method ? call->method : "");
    if (!call->parameters->arguments || fds->len < 1)
        return fail(error, FAILURE_INVALID_ARG,
                    "expected arguments and a socket with the call Fork");
    return true;
}

/* 0 in the copy, -1 when there is none. */
static pid_t
fork_once(int socket, const Message *call, GArray *fds, GError **error)
{
    struct clone_args clone = { .flags = CLONE_PARENT };
    g_auto(Fd) control = -1;
    g_auto(Fd) log = -1;
    pid_t pid;

    if (!check(call, fds, error))
        return -1;
    control = message_take_fd(fds, 0);
    log = message_take_fd(fds, 1);
    if ((pid = kernel_clone3(&clone)) < 0)
        fail_errno(error, errno, "cannot create the process of a controller");
    if (pid == 0)
        become_launcher(socket, control, log, error);
    return pid;
}

char **
fork_server_run(int socket, char **argv, GError **error)
{
    for (;;) {
        g_autoptr(GArray) fds = NULL;
        g_autoptr(GError) local = NULL;
        g_autoptr(Message) reply = NULL;
        g_autoptr(Message) call = message_receive(socket, FOREVER, &fds, error);
        pid_t pid;

        if (!call)
            return NULL;
        pid = fork_once(socket, call, fds, &local);
        if (pid == 0 && !local) {
            show_arguments(argv, call->parameters->arguments);
            return g_steal_pointer(&call->parameters->arguments);
        }
        if (pid == 0) {
            g_propagate_error(error, g_steal_pointer(&local));
            return NULL;
        }
        reply = pid > 0 ? message_new_reply() : message_new_error(local);
        reply->parameters->number = pid > 0 ? pid : 0;
        if (!message_send(socket, reply, NULL, 0,
                          g_get_monotonic_time() + SEND_SECONDS * G_USEC_PER_SEC, error))
            return NULL;
    }
}
