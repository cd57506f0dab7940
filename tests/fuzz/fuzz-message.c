/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packets from a stranger, through a real socket: the first byte of the input is the number of
 * descriptors sent along. No packet may leak a descriptor, and what is read survives being sent on.
 */
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller/wire/failure.h"
#include "controller/wire/message.h"
#include "tests/fuzz/fuzz.h"

#define FDS_MAX 80 /* more than a packet may carry */

static void
packet_send(int socket, const uint8_t *data, size_t size, unsigned n_fds)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * FDS_MAX)];
    } control = { 0 };
    struct iovec part = { .iov_base = (void *)data, .iov_len = size };
    struct msghdr packet = { .msg_iov = &part, .msg_iovlen = 1 };
    unsigned i;

    if (n_fds > 0) {
        control.header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
                                           .cmsg_type = SCM_RIGHTS,
                                           .cmsg_len = CMSG_LEN(sizeof(int) * n_fds) };
        for (i = 0; i < n_fds; i++)
            ((int *)CMSG_DATA(&control.header))[i] = STDERR_FILENO;
        packet.msg_control = &control;
        packet.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
    }
    if (sendmsg(socket, &packet, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size)
        g_error("cannot send a packet of %zu bytes", size);
}

/* Sent to ourselves it comes back the same; only a text that grows beyond a packet is refused. */
static void
echo(const int *pair, const Message *message)
{
    g_autofree char *first = message_to_json(message);
    g_autofree char *second = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Message) again = NULL;

    if (!message_send(pair[0], message, NULL, 0, 0, &error)) {
        if (strlen(first) <= MESSAGE_SIZE_MAX)
            g_error("cannot send a message on: %s", error->message);
        return;
    }
    if (!(again = message_receive(pair[1], 0, NULL, &error)))
        g_error("what was written cannot be read: %s\n%s", error->message, first);
    second = message_to_json(again);
    if (strcmp(first, second) != 0)
        g_error("written twice, it differs:\n%s\n%s", first, second);
    if (message_check(message, NULL) != !message->error)
        g_error("an error reply passes for none");
}

static int
descriptor_lowest(void)
{
    int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);

    close(fd);
    return fd;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Message) message = NULL;
    GArray *fds = NULL;
    unsigned n_fds = size > 0 ? data[0] % (FDS_MAX + 1) : 0;
    int pair[2];
    int lowest;

    if (size < 2 || size > 100000)
        return 0;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        g_error("cannot create a socket pair");
    lowest = descriptor_lowest();
    packet_send(pair[0], data + 1, size - 1, n_fds);
    message = message_receive(pair[1], 0, &fds, &error);
    if (!message != !!error)
        g_error("neither a message nor an error");
    if (message && fds->len != n_fds)
        g_error("%u descriptors arrived of %u", fds->len, n_fds);
    if (!message && fds)
        g_error("descriptors of a refused packet");
    if (message)
        echo(pair, message);
    g_clear_pointer(&fds, g_array_unref);
    if (descriptor_lowest() != lowest)
        g_error("a descriptor has leaked");
    close(pair[0]);
    close(pair[1]);
    return 0;
}
