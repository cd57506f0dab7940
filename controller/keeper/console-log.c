/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing and shortening a console's log. */
#include "controller/keeper/console-log.h"

#include <errno.h>
#include <glib.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE 65536

/* False: not all of it went. */
static bool
write_all(int fd, const char *data, size_t length, off_t to)
{
    while (length > 0) {
        ssize_t n = pwrite(fd, data, length, to);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        length -= n;
        to += n;
    }
    return true;
}

/* Moves the end of the file to its beginning; where that is not possible, all of it goes. */
static off_t
shorten(int fd, off_t size)
{
    g_autofree char *piece = g_malloc(PIECE);
    off_t from = size - CONSOLE_LOG_KEPT;
    off_t to = 0;
    ssize_t n;

    while ((n = pread(fd, piece, PIECE, from + to)) > 0 && write_all(fd, piece, n, to))
        to += n;
    if (n != 0)
        to = 0;
    return ftruncate(fd, to) == 0 ? to : size;
}

void
console_log_write(int fd, const char *data, size_t length)
{
    struct stat status;
    off_t end;

    /* asked each time: somebody may have emptied it */
    if (fd < 0 || fstat(fd, &status) < 0)
        return;
    end = status.st_size;
    if (end + (off_t)length > CONSOLE_LOG_MAX)
        end = shorten(fd, end);
    write_all(fd, data, length, end);
}
