/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one loop of the keeper: descriptors by epoll, timers, and work that is to go on after a
 * pause. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

typedef struct Source Source;

/* A watched descriptor; embedded as first member of what it belongs to. The loop owns nothing of
 * it. */
struct Source {
    int fd; /* -1: not watched */
    void (*ready)(Source *source, uint32_t events);
};

typedef struct {
    gint64 due; /* g_get_monotonic_time() value, 0: off; set it at will, also from .expired */
    void (*expired)(void *data);
    void *data;
} Timer;

typedef struct {
    int epoll;
    bool stopped;
    GPtrArray *again;  /* of Source *, borrowed */
    GPtrArray *timers; /* of Timer *, borrowed */
} Loop;

bool loop_init(Loop *loop, GError **error);
void loop_clear(Loop *loop);

/* Watches source->fd for @events (epoll's), which may say EPOLLET. */
bool loop_watch(Loop *loop, Source *source, uint32_t events, GError **error);

/* Forgets @source, which may be freed at once then, also from its own callback; fd stays open. */
void loop_forget(Loop *loop, Source *source);

/*
 * Calls source->ready with no events once others had their turn. For edge-triggered descriptors,
 * which epoll does not report again when their owner pauses for fairness.
 */
void loop_again(Loop *loop, Source *source);

void loop_add_timer(Loop *loop, Timer *timer);
void loop_remove_timer(Loop *loop, Timer *timer);

/* Until loop->stopped. Fails only if epoll does. */
bool loop_run(Loop *loop, GError **error);
