/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A ring of the output that nobody has seen. */
#include "controller/keeper/backlog.h"

#include <glib.h>
#include <string.h>
#include <sys/mman.h>

void
backlog_add(Backlog *backlog, const char *data, size_t length)
{
    if (!backlog->ring) {
        backlog->ring =
            mmap(NULL, BACKLOG_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (backlog->ring == MAP_FAILED) {
            /* without memory the output is lost, as it is without a reader */
            backlog->ring = NULL;
            return;
        }
    }
    if (length > BACKLOG_SIZE) {
        data += length - BACKLOG_SIZE;
        length = BACKLOG_SIZE;
    }
    while (length > 0) {
        size_t end = (backlog->start + backlog->length) % BACKLOG_SIZE;
        size_t n = MIN(length, BACKLOG_SIZE - end);
        size_t over = backlog->length + n > BACKLOG_SIZE ? backlog->length + n - BACKLOG_SIZE : 0;

        memcpy(backlog->ring + end, data, n);
        backlog->start = (backlog->start + over) % BACKLOG_SIZE;
        backlog->length += n - over;
        data += n;
        length -= n;
    }
}

char *
backlog_take(Backlog *backlog, size_t *ret_length)
{
    size_t first = MIN(backlog->length, BACKLOG_SIZE - backlog->start);
    char *data;

    if (backlog->length == 0)
        return NULL;
    data = g_malloc(backlog->length);
    memcpy(data, backlog->ring + backlog->start, first);
    memcpy(data + first, backlog->ring, backlog->length - first);
    *ret_length = backlog->length;
    backlog_clear(backlog);
    return data;
}

void
backlog_clear(Backlog *backlog)
{
    if (backlog->ring)
        munmap(backlog->ring, BACKLOG_SIZE);
    *backlog = (Backlog){ 0 };
}
