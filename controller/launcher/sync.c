/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packets between launcher and init: a kind, and for an error its code and text. */
#include "controller/launcher/sync.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller/wire/failure.h"

#define PACKET_MAX 8192

bool
sync_send(int socket, SyncKind kind, GError **error)
{
    char packet = kind;

    if (send(socket, &packet, 1, MSG_NOSIGNAL) != 1)
        return fail_errno(error, errno, "cannot reach the process on the other side");
    return true;
}

void
sync_send_error(int socket, const GError *error)
{
    const char *code =
        failure_code_name(error->domain == FAILURE ? (FailureCode)error->code : FAILURE_INTERNAL);
    char packet[PACKET_MAX];
    size_t length = strlen(code);

    packet[0] = SYNC_ERROR;
    memcpy(packet + 1, code, length + 1);
    length += 2;
    length += g_strlcpy(packet + length, error->message, sizeof(packet) - length);
    send(socket, packet, MIN(length, sizeof(packet)), MSG_NOSIGNAL);
}

static bool
packet_is_error(const char *packet, size_t length, GError **error)
{
    const char *text;

    if (packet[0] != SYNC_ERROR)
        return false;
    text = memchr(packet + 1, '\0', length - 1);
    fail(error, failure_code_from_name(text ? packet + 1 : ""), "%s", text ? text + 1 : packet + 1);
    return true;
}

SyncKind
sync_receive(int socket, GError **error)
{
    char packet[PACKET_MAX + 1];
    ssize_t n;

    do
        n = recv(socket, packet, PACKET_MAX, 0);
    while (n < 0 && errno == EINTR);
    if (n == 0 || (n < 0 && errno == ECONNRESET))
        return SYNC_END;
    if (n < 0) {
        fail_errno(error, errno, "cannot hear the process on the other side");
        return SYNC_ERROR;
    }
    packet[n] = '\0';
    return packet_is_error(packet, n, error) ? SYNC_ERROR : (SyncKind)packet[0];
}

bool
sync_await(int socket, SyncKind wanted, GError **error)
{
    SyncKind kind = sync_receive(socket, error);

    if (kind == SYNC_END)
        _exit(EXIT_FAILURE);
    return kind == wanted || (kind != SYNC_ERROR && fail(error, FAILURE_INTERNAL, "out of step"));
}
