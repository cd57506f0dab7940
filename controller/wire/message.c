/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages as JSON, and their way through a SEQPACKET socket. */
#include "controller/wire/message.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

static const JsonField interface_fields[] = {
    { "alias", JSON_STRING, offsetof(MessageInterface, alias) },
    { "name", JSON_STRING, offsetof(MessageInterface, name) },
    { "index", JSON_INT, offsetof(MessageInterface, index) },
    { NULL },
};
const JsonType message_interface_type = { "interface", sizeof(MessageInterface), interface_fields };

static const JsonField parameters_fields[] = {
    { "version", JSON_INT, offsetof(MessageParameters, version) },
    { "message", JSON_STRING, offsetof(MessageParameters, message) },
    { "reason", JSON_STRING, offsetof(MessageParameters, reason) },
    { "kills", JSON_INT, offsetof(MessageParameters, kills) },
    { "out_of_memory", JSON_BOOL, offsetof(MessageParameters, out_of_memory) },
    { "exit_code", JSON_INT, offsetof(MessageParameters, exit_code), .absent = -1 },
    { "signal", JSON_INT, offsetof(MessageParameters, signal) },
    { "number", JSON_INT, offsetof(MessageParameters, number) },
    { "init_pid", JSON_INT, offsetof(MessageParameters, init_pid) },
    { "state", JSON_STRING, offsetof(MessageParameters, state) },
    { "ready", JSON_BOOL, offsetof(MessageParameters, ready) },
    { "name", JSON_STRING, offsetof(MessageParameters, name) },
    { "log", JSON_BOOL, offsetof(MessageParameters, log) },
    { "arguments", JSON_STRINGS, offsetof(MessageParameters, arguments) },
    { "cgroup", JSON_STRING, offsetof(MessageParameters, cgroup) },
    { "consoles", JSON_STRINGS, offsetof(MessageParameters, consoles) },
    { "interfaces", JSON_OBJECTS, offsetof(MessageParameters, interfaces),
      .type = &message_interface_type },
    { "placement", JSON_STRING, offsetof(MessageParameters, placement) },
    { "nodes", JSON_OBJECTS, offsetof(MessageParameters, nodes), .type = &device_node_type },
    { "alias", JSON_STRING, offsetof(MessageParameters, alias) },
    { "force", JSON_BOOL, offsetof(MessageParameters, force) },
    { "safe", JSON_BOOL, offsetof(MessageParameters, safe) },
    { NULL },
};
const JsonType message_parameters_type = { "parameters", sizeof(MessageParameters),
                                           parameters_fields };

static const JsonField message_fields[] = {
    { "method", JSON_STRING, offsetof(Message, method) },
    { "event", JSON_STRING, offsetof(Message, event) },
    { "error", JSON_STRING, offsetof(Message, error) },
    { "parameters", JSON_OBJECT, offsetof(Message, parameters), .type = &message_parameters_type,
      .flags = JSON_ALWAYS },
    { NULL },
};
static const JsonType message_type = { "message", sizeof(Message), message_fields };

Message *
message_new_reply(void)
{
    Message *message = json_new(&message_type);

    message->parameters = json_new(&message_parameters_type);
    return message;
}

Message *
message_new_call(const char *method)
{
    Message *message = message_new_reply();

    message->method = g_strdup(method);
    return message;
}

Message *
message_new_error(const GError *error)
{
    Message *message = message_new_reply();
    FailureCode code = FAILURE_INTERNAL;

    if (error->domain == FAILURE)
        code = error->code;
    message->error = g_strdup(failure_code_name(code));
    message->parameters->message = g_strdup(error->message);
    return message;
}

Message *
message_new_event(const char *event)
{
    Message *message = message_new_reply();

    message->event = g_strdup(event);
    return message;
}

void
message_free(Message *message)
{
    json_free(&message_type, message);
}

char *
message_to_json(const Message *message)
{
    return json_write(&message_type, message, false);
}

Message *
message_from_json(const char *text, size_t length, GError **error)
{
    g_autoptr(Message) message = json_read(&message_type, text, length, error);
    int shapes;

    if (!message)
        return NULL;
    shapes = !!message->method + !!message->event + !!message->error;
    if (shapes > 1) {
        fail(error, FAILURE_INTERNAL, "message: more than one of method, event and error");
        return NULL;
    }
    if (shapes == 0 && !message->parameters) {
        fail(error, FAILURE_INTERNAL, "message: neither method, event, error nor parameters");
        return NULL;
    }
    if (!message->parameters)
        message->parameters = json_new(&message_parameters_type);
    return g_steal_pointer(&message);
}

bool
message_check(const Message *message, GError **error)
{
    const char *text;

    if (!message->error)
        return true;
    text = message->parameters->message;
    return fail(error, failure_code_from_name(message->error), "%s",
                text ? text : "the controller gave no reason");
}

/* Waits until @events or @deadline. */
static bool
socket_wait(int socket, short events, gint64 deadline, GError **error)
{
    struct pollfd watch = { .fd = socket, .events = events };
    gint64 left;
    int n;

    for (;;) {
        left = deadline > 0 ? deadline - g_get_monotonic_time() : 0;
        if (left <= 0)
            return fail(error, FAILURE_OPERATION_TIMEOUT,
                        events == POLLIN ? "timed out waiting for a message"
                                         : "timed out sending a message: the peer does not read");
        /* rounded up, so that the last wait does not become a busy loop */
        n = poll(&watch, 1, (int)MIN((left + 999) / 1000, G_MAXINT));
        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return fail_errno(error, errno, "cannot wait for the controller's socket");
    }
}

/* Room for @n descriptors, aligned as struct cmsghdr must be. */
typedef union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int) * MESSAGE_FDS_MAX)];
} Control;

static void
control_fill(struct msghdr *packet, Control *control, const int *fds, size_t n_fds)
{
    memset(control, 0, sizeof(*control));
    control->header.cmsg_level = SOL_SOCKET;
    control->header.cmsg_type = SCM_RIGHTS;
    control->header.cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
    memcpy(CMSG_DATA(&control->header), fds, sizeof(int) * n_fds);
    packet->msg_control = control;
    packet->msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
}

bool
message_send(int socket, const Message *message, const int *fds, size_t n_fds, gint64 deadline,
             GError **error)
{
    g_autofree char *text = message_to_json(message);
    struct iovec part = { .iov_base = text, .iov_len = strlen(text) };
    struct msghdr packet = { .msg_iov = &part, .msg_iovlen = 1 };
    Control control;

    if (part.iov_len > MESSAGE_SIZE_MAX)
        return fail(error, FAILURE_INTERNAL, "message of %zu bytes is larger than a packet of %d",
                    part.iov_len, MESSAGE_SIZE_MAX);
    if (n_fds > MESSAGE_FDS_MAX)
        return fail(error, FAILURE_INTERNAL, "message with %zu descriptors, more than %d", n_fds,
                    MESSAGE_FDS_MAX);
    if (n_fds > 0)
        control_fill(&packet, &control, fds, n_fds);

    while (sendmsg(socket, &packet, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        if (errno == EINTR)
            continue;
        if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
            return fail(error, FAILURE_OPERATION_FAILED, "the other end of the socket is closed");
        if (errno != EAGAIN)
            return fail_errno(error, errno, "cannot send a message");
        if (!socket_wait(socket, POLLOUT, deadline, error))
            return false;
    }
    return true;
}

static void
descriptor_clear(void *fd)
{
    fd_close(fd);
}

/* All descriptors the kernel has installed for @packet; the array owns them from now on. */
static GArray *
control_take(struct msghdr *packet)
{
    GArray *fds = g_array_new(FALSE, FALSE, sizeof(int));
    struct cmsghdr *header;

    g_array_set_clear_func(fds, descriptor_clear);
    for (header = CMSG_FIRSTHDR(packet); header; header = CMSG_NXTHDR(packet, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
            g_array_append_vals(fds, CMSG_DATA(header),
                                (header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    }
    return fds;
}

/*
 * The size of the next packet, which stays in the queue; 0: end of file (an empty packet, which
 * nobody sends, looks the same); -1: failure.
 */
static ssize_t
packet_peek(int socket, gint64 deadline, GError **error)
{
    ssize_t size;

    while ((size = recv(socket, NULL, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT)) < 0) {
        /* the peer closed without reading all of ours; said once, before what it has sent itself */
        if (errno == EINTR || errno == ECONNRESET)
            continue;
        if (errno != EAGAIN) {
            fail_errno(error, errno, "cannot receive a message");
            return -1;
        }
        if (!socket_wait(socket, POLLIN, deadline, error))
            return -1;
    }
    return size;
}

/* Takes the packet out of the queue; whatever fails afterwards, @ret_fds has its descriptors. */
static ssize_t
packet_take(int socket, char *text, size_t size, GArray **ret_fds, GError **error)
{
    struct iovec part = { .iov_base = text, .iov_len = size };
    Control control;
    struct msghdr packet = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof(control),
    };
    ssize_t n;

    do
        n = recvmsg(socket, &packet, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (n < 0 && (errno == EINTR || errno == ECONNRESET));
    if (n < 0) {
        fail_errno(error, errno, "cannot receive a message");
        return -1;
    }

    *ret_fds = control_take(&packet);
    if (packet.msg_flags & MSG_TRUNC) {
        fail(error, FAILURE_INTERNAL, "packet larger than %d bytes", MESSAGE_SIZE_MAX);
        return -1;
    }
    /* descriptors that did not fit, or that our limit of open files forbids */
    if (packet.msg_flags & MSG_CTRUNC) {
        fail(error, FAILURE_INTERNAL, "packet with more descriptors than can be taken (%d)",
             MESSAGE_FDS_MAX);
        return -1;
    }
    return n;
}

Message *
message_receive(int socket, gint64 deadline, GArray **ret_fds, GError **error)
{
    g_autoptr(GArray) fds = NULL;
    g_autofree char *text = NULL;
    Message *message;
    ssize_t size;

    if ((size = packet_peek(socket, deadline, error)) < 0)
        return NULL;
    size = MIN(size, MESSAGE_SIZE_MAX);
    text = g_malloc(size + 1);
    /* also when it is empty: descriptors in an empty packet must not stay in the queue */
    size = packet_take(socket, text, size, &fds, error);
    if (size <= 0)
        return NULL;
    if (!(message = message_from_json(text, size, error)))
        return NULL;
    if (ret_fds)
        *ret_fds = g_steal_pointer(&fds);
    return message;
}

int
message_take_fd(GArray *fds, size_t index)
{
    return fds && index < fds->len ? fd_steal(&g_array_index(fds, int, index)) : -1;
}
