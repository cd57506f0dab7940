/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests to a guest's controller, each on its own connection. */
#include "driver/controller.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "controller/wire/failure.h"
#include "driver/store.h"

int
controller_connect(const char *name, GError **error)
{
    g_autofree char *path = g_strdup_printf("%s/%s.sock", store_state_directory(), name);
    g_autofree char *through = NULL;
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    g_auto(Fd) directory = -1;
    g_auto(Fd) fd = -1;

    /* sun_path holds 107 bytes and a domain name may be longer: go through the directory's fd */
    if ((directory = open(store_state_directory(), O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0) {
        fail_errno(error, errno, "cannot open '%s'", store_state_directory());
        return -1;
    }
    through = g_strdup_printf("/proc/self/fd/%d/%s.sock", directory, name);
    if (g_strlcpy(address.sun_path, through, sizeof(address.sun_path)) >=
        sizeof(address.sun_path)) {
        fail(error, FAILURE_INTERNAL, "the name of '%s' is too long for a socket", path);
        return -1;
    }
    if ((fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) < 0) {
        fail_errno(error, errno, "cannot create a socket");
        return -1;
    }
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        fail_errno(error, errno, "cannot connect to the controller of domain '%s' at '%s'", name,
                   path);
        return -1;
    }
    return fd_steal(&fd);
}

/* A socket file that was replaced must not make us talk to somebody else. */
static bool
peer_is_controller(int fd, pid_t pid, const char *name, GError **error)
{
    struct ucred peer;
    socklen_t length = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
        return fail_errno(error, errno, "cannot identify the controller of domain '%s'", name);
    if (peer.uid != 0 || peer.pid != pid)
        return fail(error, FAILURE_INTERNAL,
                    "the socket of domain '%s' belongs to process %d of user %u, not to its "
                    "controller %d",
                    name, (int)peer.pid, (unsigned)peer.uid, (int)pid);
    return true;
}

static Message *
converse(Domain *domain, const Message *call, int given, GArray **ret_fds, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + CONTROLLER_DEADLINE_MS * G_TIME_SPAN_MILLISECOND;
    g_autoptr(GError) local = NULL;
    g_autoptr(Message) reply = NULL;
    g_auto(Fd) fd = -1;
    pid_t pid = 0;

    g_mutex_lock(&domain->lock);
    if (domain->guest && !domain->guest->foreign)
        pid = domain->guest->pid;
    g_mutex_unlock(&domain->lock);
    if (!pid) {
        fail(error, FAILURE_OPERATION_INVALID, "domain is not running: '%s'", domain->name);
        return NULL;
    }

    if ((fd = controller_connect(domain->name, error)) < 0 ||
        !peer_is_controller(fd, pid, domain->name, error) ||
        !message_send(fd, call, &given, given >= 0, deadline, error))
        return NULL;

    do {
        g_clear_pointer(&reply, message_free);
        if (ret_fds)
            g_clear_pointer(ret_fds, g_array_unref);
        reply = message_receive(fd, deadline, ret_fds, &local);
    } while (reply && reply->event); /* events go to every client, this one included */

    if (!reply) {
        if (local)
            g_propagate_prefixed_error(error, g_steal_pointer(&local),
                                       "%s of domain '%s': ", call->method, domain->name);
        else
            fail(error, FAILURE_OPERATION_FAILED,
                 "the controller of domain '%s' left during %s: the guest has ended", domain->name,
                 call->method);
        return NULL;
    }
    if (!message_check(reply, error)) {
        if (ret_fds)
            g_clear_pointer(ret_fds, g_array_unref);
        return NULL;
    }
    return g_steal_pointer(&reply);
}

Message *
controller_call(Domain *domain, const Message *call, GArray **ret_fds, GError **error)
{
    return converse(domain, call, -1, ret_fds, error);
}

Message *
controller_call_with(Domain *domain, const Message *call, int fd, GError **error)
{
    return converse(domain, call, fd, NULL, error);
}

bool
controller_request(Domain *domain, const char *method, GError **error)
{
    g_autoptr(Message) call = message_new_call(method);
    g_autoptr(Message) reply = controller_call(domain, call, NULL, error);

    return reply != NULL;
}
