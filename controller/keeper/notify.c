/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Datagrams of the guest's root, who may send anything: only one line is looked for. */
#include "controller/keeper/notify.h"

#include <string.h>
#include <sys/socket.h>

#include "controller/keeper/client.h"
#include "controller/keeper/log.h"

#define DATAGRAM_MAX 4096
#define TURN         16 /* datagrams before others have their turn */

static bool
says_ready(char *text)
{
    char *save = NULL;
    char *line;

    for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        if (strcmp(line, "READY=1") == 0)
            return true;
    }
    return false;
}

static void
become_ready(Keeper *keeper)
{
    g_autoptr(Message) event = message_new_event("ready");

    if (keeper->ready)
        return;
    keeper->ready = true;
    log_line("the guest is ready");
    clients_tell(keeper, event);
}

static void
notify_ready(Source *source, uint32_t events)
{
    Keeper *keeper = keeper_of_source(source, offsetof(Keeper, notify));
    char text[DATAGRAM_MAX + 1];
    int left = TURN;
    ssize_t n;

    /* descriptors that come along are not taken: the kernel drops them */
    while (left-- > 0 && (n = recv(source->fd, text, DATAGRAM_MAX, MSG_DONTWAIT)) >= 0) {
        text[n] = '\0';
        if (says_ready(text))
            become_ready(keeper);
    }
}

bool
notify_watch(Keeper *keeper, GError **error)
{
    keeper->notify = (Source){ .fd = keeper->state->notify, .ready = notify_ready };
    return keeper->notify.fd < 0 || loop_watch(&keeper->loop, &keeper->notify, EPOLLIN, error);
}
