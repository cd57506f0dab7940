/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* epoll, timers and fairness. */
#include "controller/keeper/loop.h"

#include <errno.h>
#include <unistd.h>

#include "controller/wire/failure.h"

bool
loop_init(Loop *loop, GError **error)
{
    *loop = (Loop){ .epoll = epoll_create1(EPOLL_CLOEXEC) };
    if (loop->epoll < 0)
        return fail_errno(error, errno, "cannot create an epoll descriptor");
    loop->again = g_ptr_array_new();
    loop->timers = g_ptr_array_new();
    return true;
}

void
loop_clear(Loop *loop)
{
    if (loop->epoll >= 0)
        close(loop->epoll);
    loop->epoll = -1;
    g_clear_pointer(&loop->again, g_ptr_array_unref);
    g_clear_pointer(&loop->timers, g_ptr_array_unref);
}

bool
loop_watch(Loop *loop, Source *source, uint32_t events, GError **error)
{
    struct epoll_event event = { .events = events, .data.ptr = source };

    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, source->fd, &event) < 0)
        return fail_errno(error, errno, "cannot watch descriptor %d", source->fd);
    return true;
}

void
loop_forget(Loop *loop, Source *source)
{
    if (source->fd >= 0)
        epoll_ctl(loop->epoll, EPOLL_CTL_DEL, source->fd, NULL);
    g_ptr_array_remove(loop->again, source);
}

void
loop_again(Loop *loop, Source *source)
{
    if (!g_ptr_array_find(loop->again, source, NULL))
        g_ptr_array_add(loop->again, source);
}

void
loop_add_timer(Loop *loop, Timer *timer)
{
    g_ptr_array_add(loop->timers, timer);
}

void
loop_remove_timer(Loop *loop, Timer *timer)
{
    g_ptr_array_remove(loop->timers, timer);
}

/* Milliseconds until the first timer is due, rounded up; -1: none is set. */
static int
loop_patience(const Loop *loop)
{
    gint64 first = G_MAXINT64;
    gint64 left;
    guint i;

    if (loop->again->len > 0)
        return 0;
    for (i = 0; i < loop->timers->len; i++) {
        const Timer *timer = loop->timers->pdata[i];

        if (timer->due > 0)
            first = MIN(first, timer->due);
    }
    if (first == G_MAXINT64)
        return -1;
    left = first - g_get_monotonic_time();
    return left <= 0 ? 0 : (int)MIN((left + 999) / 1000, 60000);
}

/* One timer a turn: its callback may add and remove others. */
static void
loop_expire(Loop *loop)
{
    gint64 now = g_get_monotonic_time();
    guint i;

    for (i = 0; i < loop->timers->len; i++) {
        Timer *timer = loop->timers->pdata[i];

        if (timer->due > 0 && timer->due <= now) {
            timer->due = 0;
            timer->expired(timer->data);
            return;
        }
    }
}

bool
loop_run(Loop *loop, GError **error)
{
    while (!loop->stopped) {
        /* one event a turn: a callback may then free any source without leaving a stale event
         * behind */
        struct epoll_event event;
        int n = epoll_wait(loop->epoll, &event, 1, loop_patience(loop));

        if (n < 0 && errno != EINTR)
            return fail_errno(error, errno, "cannot wait for events");
        if (n > 0) {
            Source *source = event.data.ptr;

            source->ready(source, event.events);
        }
        if (!loop->stopped && loop->again->len > 0) {
            Source *source = g_ptr_array_remove_index(loop->again, 0);

            source->ready(source, 0);
        }
        if (!loop->stopped)
            loop_expire(loop);
    }
    return true;
}
