/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Accepting, reading, answering and dropping clients. */
#include "controller/keeper/client.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller/keeper/control.h"
#include "controller/keeper/log.h"
#include "controller/wire/failure.h"

/* One is the daemon; the rest is room for people who look. */
#define CLIENTS_MAX 32

struct Client {
    Source source; /* must be first */
    Keeper *keeper;
};

void
client_drop(Client *client)
{
    Keeper *keeper = client->keeper;

    if (keeper->waiter == client)
        keeper->waiter = NULL;
    loop_forget(&keeper->loop, &client->source);
    close(client->source.fd);
    g_ptr_array_remove(keeper->clients, client);
    g_free(client);
}

bool
client_send(Client *client, const Message *message, const int *fds, size_t n_fds)
{
    g_autoptr(GError) error = NULL;

    if (message_send(client->source.fd, message, fds, n_fds, 0, &error))
        return true;
    if (!g_error_matches(error, FAILURE, FAILURE_OPERATION_FAILED))
        log_line("a client is disconnected: %s", error->message);
    client_drop(client);
    return false;
}

void
clients_tell(Keeper *keeper, const Message *message)
{
    guint i;

    /* backwards: the ones that do not read leave the array */
    for (i = keeper->clients->len; i > 0; i--)
        client_send(keeper->clients->pdata[i - 1], message, NULL, 0);
}

/* One packet a turn, so that no client can keep the others waiting. */
static void
client_ready(Source *source, uint32_t events)
{
    Client *client = (Client *)source;
    g_autoptr(GError) error = NULL;
    g_autoptr(Message) message = NULL;
    g_autoptr(Message) refusal = NULL;
    g_autoptr(GArray) fds = NULL;

    if ((message = message_receive(source->fd, 0, &fds, &error))) {
        control_answer(client->keeper, client, message, fds);
        return;
    }
    if (!error) {
        client_drop(client);
    } else if (g_error_matches(error, FAILURE, FAILURE_INTERNAL)) {
        refusal = message_new_error(error);
        client_send(client, refusal, NULL, 0);
    } else if (!g_error_matches(error, FAILURE, FAILURE_OPERATION_TIMEOUT)) {
        log_line("a client is disconnected: %s", error->message);
        client_drop(client);
    }
}

Client *
client_new(Keeper *keeper, int fd)
{
    Client *client = g_new0(Client, 1);
    g_autoptr(GError) error = NULL;

    client->keeper = keeper;
    client->source = (Source){ .fd = fd, .ready = client_ready };
    if (!loop_watch(&keeper->loop, &client->source, EPOLLIN, &error)) {
        log_line("a client is disconnected: %s", error->message);
        close(fd);
        g_free(client);
        return NULL;
    }
    g_ptr_array_add(keeper->clients, client);
    return client;
}

/* The socket's file mode says the same; a socket may be passed on, though. */
static bool
peer_is_root(int fd)
{
    struct ucred peer;
    socklen_t length = sizeof(peer);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == 0;
}

static void
clients_accept(Source *source, uint32_t events)
{
    Keeper *keeper = keeper_of_source(source, offsetof(Keeper, listener));
    int fd;

    /* edge-triggered: without descriptors left, the next connection tries again, not a busy loop */
    while ((fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0 ||
           errno == EINTR || errno == ECONNABORTED) {
        if (fd < 0)
            continue;
        if (!peer_is_root(fd) || keeper->clients->len >= CLIENTS_MAX)
            close(fd);
        else
            client_new(keeper, fd);
    }
    if (errno != EAGAIN)
        log_line("cannot accept a client: %s", g_strerror(errno));
}

bool
clients_listen(Keeper *keeper, GError **error)
{
    keeper->listener = (Source){ .fd = keeper->state->listener, .ready = clients_accept };
    return loop_watch(&keeper->loop, &keeper->listener, EPOLLIN | EPOLLET, error);
}
