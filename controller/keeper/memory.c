/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's word for it is a counter, in either version of control groups. */
#include "controller/keeper/memory.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/keeper/client.h"
#include "controller/keeper/log.h"

#define KILLS "\noom_kill "

/* a guest that runs out of memory all the time shall not fill the log */
#define TELL_EVERY (2 * G_USEC_PER_SEC)
#define MOMENT     (2 * G_USEC_PER_SEC)

static void
count_v1(Shortage *shortage)
{
    uint64_t more;

    if (read(shortage->source.fd, &more, sizeof(more)) == sizeof(more))
        shortage->seen += more;
}

/* From its beginning each time, which is also what makes the kernel report the next change. */
static void
count_v2(Shortage *shortage)
{
    char text[512];
    ssize_t n = pread(shortage->source.fd, text, sizeof(text) - 1, 0);
    const char *kills;

    if (n <= 0)
        return;
    text[n] = '\0';
    if ((kills = strstr(text, KILLS)))
        shortage->seen = strtoull(kills + strlen(KILLS), NULL, 10);
}

static void
count(Keeper *keeper)
{
    Shortage *shortage = &keeper->shortage;
    uint64_t before = shortage->seen;

    if (keeper->state->memory_version == 1)
        count_v1(shortage);
    else
        count_v2(shortage);
    if (shortage->seen > before)
        shortage->last = g_get_monotonic_time();
}

static void
tell(Keeper *keeper)
{
    Shortage *shortage = &keeper->shortage;
    g_autoptr(Message) event = NULL;

    if (shortage->seen == shortage->told || shortage->pause.due > 0)
        return;
    event = message_new_event("out-of-memory");
    event->parameters->kills = (int64_t)(shortage->seen - shortage->told);
    shortage->told = shortage->seen;
    shortage->pause.due = g_get_monotonic_time() + TELL_EVERY;
    log_line("the guest ran out of memory: the kernel killed in it (%d times)",
             (int)event->parameters->kills);
    clients_tell(keeper, event);
}

static void
pause_is_over(void *data)
{
    tell(data);
}

static void
memory_ready(Source *source, uint32_t events)
{
    Keeper *keeper = keeper_of_source(source, offsetof(Keeper, shortage.source));

    count(keeper);
    tell(keeper);
}

bool
memory_watch(Keeper *keeper, GError **error)
{
    Shortage *shortage = &keeper->shortage;
    int fd = (int)keeper->state->memory;

    if (fd < 0)
        return true;
    shortage->source = (Source){ .fd = fd, .ready = memory_ready };
    shortage->pause = (Timer){ .expired = pause_is_over, .data = keeper };
    count(keeper);
    loop_add_timer(&keeper->loop, &shortage->pause);
    return loop_watch(&keeper->loop, &shortage->source,
                      keeper->state->memory_version == 1 ? EPOLLIN : EPOLLPRI, error);
}

bool
memory_was_short(Keeper *keeper)
{
    Shortage *shortage = &keeper->shortage;

    if (keeper->state->memory < 0)
        return false;
    count(keeper);
    return shortage->last > 0 && g_get_monotonic_time() - shortage->last < MOMENT;
}
