/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keeper's end of /dev/kmsg. */
#include "controller/keeper/kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "controller/keeper/log.h"

#define CHUNK  1024
#define ROUNDS 16 /* chunks before others have their turn */

/* A guest that writes without end must not fill the host's disk, nor be held up. */
static bool
may_log(Kmsg *kmsg)
{
    gint64 now = g_get_monotonic_time();

    kmsg->credit = MAX(kmsg->credit, now - KMSG_BURST * KMSG_LINE_MICROS);
    if (kmsg->credit + KMSG_LINE_MICROS > now) {
        kmsg->dropped++;
        return false;
    }
    kmsg->credit += KMSG_LINE_MICROS;
    if (kmsg->dropped > 0)
        log_line("kmsg: %lu lines were dropped", kmsg->dropped);
    kmsg->dropped = 0;
    return true;
}

/* Who reads the log has a terminal, which the guest must not control. */
static void
log_text(const char *text, size_t length)
{
    g_autoptr(GString) clean = g_string_sized_new(length);
    size_t i;

    for (i = 0; i < length; i++) {
        if (g_ascii_isprint(text[i]) || text[i] == '\t')
            g_string_append_c(clean, text[i]);
        else
            g_string_append_printf(clean, "\\x%02x", (unsigned char)text[i]);
    }
    log_line("kmsg: %s", clean->str);
}

static void
end_line(Kmsg *kmsg)
{
    if (kmsg->length > 0 && may_log(kmsg))
        log_text(kmsg->line, kmsg->length);
    kmsg->length = 0;
}

static bool
take_chunk(Kmsg *kmsg)
{
    char chunk[CHUNK];
    ssize_t n;
    ssize_t i;

    do
        n = read(kmsg->source.fd, chunk, sizeof(chunk));
    while (n < 0 && errno == EINTR);
    for (i = 0; i < n; i++) {
        if (chunk[i] == '\n') {
            end_line(kmsg);
            continue;
        }
        if (kmsg->length == KMSG_LINE_MAX)
            end_line(kmsg);
        kmsg->line[kmsg->length++] = chunk[i];
    }
    return n > 0;
}

static void
kmsg_ready(Source *source, uint32_t events)
{
    Kmsg *kmsg = (Kmsg *)source;
    int round;

    for (round = 0; round < ROUNDS; round++) {
        if (!take_chunk(kmsg))
            return;
    }
    loop_again(kmsg->loop, source);
}

bool
kmsg_start(Kmsg *kmsg, Loop *loop, int fd, GError **error)
{
    kmsg->loop = loop;
    kmsg->source = (Source){ .fd = fd, .ready = kmsg_ready };
    /* edge-triggered: while nobody has the other end open there is a hang-up all the time */
    return fd < 0 || loop_watch(loop, &kmsg->source, EPOLLIN | EPOLLET, error);
}

void
kmsg_drain(Kmsg *kmsg)
{
    while (kmsg->source.fd >= 0 && take_chunk(kmsg))
        continue;
    end_line(kmsg);
    if (kmsg->dropped > 0)
        log_line("kmsg: %lu lines were dropped", kmsg->dropped);
    kmsg->dropped = 0;
}
