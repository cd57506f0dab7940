/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Has a worker put a request into the guest's initctl. */
#include "driver/initctl.h"

#include "controller/wire/descriptor.h"
#include "driver/init.h"
#include "driver/worker.h"

/* Opening and writing a FIFO takes no time, unless the guest means harm. */
#define WORKER_SECONDS 10

bool
initctl_request(Domain *domain, char level, GError **error)
{
    const char levels[] = { level, '\0' };
    const char *const words[] = { "Initctl", levels, NULL };
    g_autoptr(Message) reply = NULL;
    g_auto(Fd) init = -1;
    pid_t init_pid;

    if (!init_find(domain, &init_pid, &init, error))
        return false;
    reply = worker_request(words, init, WORKER_SECONDS, error);
    return reply != NULL;
}
