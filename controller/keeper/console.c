/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The console relay. All its descriptors are watched edge-triggered: a pty whose other side is
 * closed reports a hang-up for as long as that lasts, which would make a level-triggered loop spin;
 * and a reader that pauses because of back-pressure then costs no epoll_ctl(). The price is that
 * readiness has to be remembered (End.readable, End.writable) until a call says EAGAIN.
 */
#include "controller/keeper/console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller/keeper/backlog.h"
#include "controller/keeper/console-log.h"
#include "controller/keeper/log.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

#define CHUNK  65536
#define PAGE   4096
#define ROUNDS 16 /* chunks before others have their turn */

typedef struct {
    Source source; /* must be first */
    Console *console;
    bool readable;
    bool writable;
    char *rest; /* what could not be written yet; at most one chunk; NULL: nothing */
    size_t rest_length;
    size_t rest_offset;
    Timer timer; /* runs while there is a rest and nothing of it can be written */
} End;

struct Console {
    Loop *loop;
    const KeeperConsole *config;
    End guest;
    End host;
    End stream;
    bool host_open;      /* somebody has the slave open, as far as we know */
    bool host_stalled;   /* … and does not read */
    struct winsize size; /* of the host's terminal when last looked at */
    Backlog unseen;      /* what was printed while nobody was there */
};

/* Shared by all consoles: it is empty between two calls. */
static char chunk[CHUNK] __attribute__((aligned(PAGE)));

static void
end_drop_rest(End *end)
{
    g_clear_pointer(&end->rest, g_free);
    end->timer.due = 0;
}

/* The number of bytes that went, 0 when there is no room, -1 when the other side is gone or broken.
 */
static ssize_t
end_put(End *end, const char *data, size_t length)
{
    ssize_t n;

    do
        n = end == &end->console->stream ? send(end->source.fd, data, length, MSG_NOSIGNAL)
                                         : write(end->source.fd, data, length);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN) {
        end->writable = false;
        return 0;
    }
    return n;
}

/* Keeps what does not fit; false: the other side is gone or broken. */
static bool
end_write(End *end, const char *data, size_t length)
{
    while (length > 0 && end->writable) {
        ssize_t n = end_put(end, data, length);

        if (n < 0)
            return false;
        data += n;
        length -= n;
    }
    if (length > 0) {
        end->rest = g_memdup2(data, length);
        end->rest_length = length;
        end->rest_offset = 0;
        end->timer.due = g_get_monotonic_time() + CONSOLE_PATIENCE;
    }
    return true;
}

static bool
end_flush(End *end)
{
    while (end->rest && end->writable) {
        ssize_t n = end_put(end, end->rest + end->rest_offset, end->rest_length - end->rest_offset);

        if (n < 0)
            return false;
        if (n > 0)
            end->timer.due = g_get_monotonic_time() + CONSOLE_PATIENCE;
        end->rest_offset += n;
        if (end->rest_offset == end->rest_length)
            end_drop_rest(end);
    }
    return true;
}

/*
 * 0: nothing to be had now, because of no data, a hang-up, or the end of a stream. A stream may be
 * shut down for writing only and its client still want the output: EPOLLHUP tells when it is gone.
 */
static size_t
end_read(End *end)
{
    ssize_t n;

    do
        n = read(end->source.fd, chunk, sizeof(chunk));
    while (n < 0 && errno == EINTR);
    if (n > 0)
        return n;
    /* EIO of a pty master: all slaves are closed. Opened and written again, it gives a new edge */
    end->readable = false;
    return 0;
}

static void
stream_end(Console *console)
{
    End *stream = &console->stream;

    if (stream->source.fd < 0)
        return;
    loop_forget(console->loop, &stream->source);
    close(stream->source.fd);
    stream->source.fd = -1;
    end_drop_rest(stream);
}

static void
host_closed(Console *console)
{
    console->host_open = false;
    console->host_stalled = false;
    end_drop_rest(&console->host);
}

/* No event tells that a slave was opened, only the absence of a hang-up does. */
static bool
host_present(Console *console)
{
    struct pollfd state = { .fd = console->host.source.fd, .events = POLLOUT };

    if (console->host_open)
        return true;
    if (poll(&state, 1, 0) < 0 || state.revents & (POLLHUP | POLLERR | POLLNVAL))
        return false;
    console->host_open = true;
    console->host.writable = true;
    return true;
}

/* True: something was moved. */
static bool
console_output(Console *console)
{
    bool host;
    size_t n;

    if (!console->guest.readable || console->stream.rest || console->host.rest)
        return false;
    if ((n = end_read(&console->guest)) == 0)
        return false;
    console_log_write((int)console->config->log, chunk, n);
    host = host_present(console);
    if (console->stream.source.fd < 0 && !host)
        backlog_add(&console->unseen, chunk, n);
    if (console->stream.source.fd >= 0 && !end_write(&console->stream, chunk, n))
        stream_end(console);
    if (host && !console->host_stalled && !end_write(&console->host, chunk, n))
        host_closed(console);
    return true;
}

/* No event tells that somebody has changed the size of the host's terminal, but whoever does types
 * next. */
static void
host_follow_size(Console *console)
{
    struct winsize size;

    if (ioctl(console->host.source.fd, TIOCGWINSZ, &size) < 0 ||
        memcmp(&size, &console->size, sizeof(size)) == 0)
        return;
    console->size = size;
    /* the kernel tells the programs in front */
    ioctl(console->guest.source.fd, TIOCSWINSZ, &size);
}

static bool
console_input(Console *console, End *from)
{
    size_t n;

    if (from->source.fd < 0 || !from->readable || console->guest.rest)
        return false;
    if ((n = end_read(from)) == 0)
        return false;
    if (from == &console->host)
        host_follow_size(console);
    /* a guest that has closed its console misses the input, as with a cable that is not plugged in
     */
    if (!end_write(&console->guest, chunk, n))
        end_drop_rest(&console->guest);
    /* a guest may leave its input unread for as long as it likes: only the typist waits */
    console->guest.timer.due = 0;
    return true;
}

static void
console_flush(Console *console)
{
    if (console->stream.source.fd >= 0 && !end_flush(&console->stream))
        stream_end(console);
    if (!end_flush(&console->host))
        host_closed(console);
    if (!end_flush(&console->guest))
        end_drop_rest(&console->guest);
    console->guest.timer.due = 0;
}

static void
console_run(Console *console)
{
    bool moved = true;
    int round;

    for (round = 0; round < ROUNDS && moved; round++) {
        console_flush(console);
        moved = console_output(console);
        moved |= console_input(console, &console->stream);
        moved |= console_input(console, &console->host);
    }
    if (moved)
        loop_again(console->loop, &console->guest.source);
    else
        /* gives back what a burst has touched; a few typed letters stay within the first page */
        madvise(chunk + PAGE, sizeof(chunk) - PAGE, MADV_DONTNEED);
}

static void
end_ready(Source *source, uint32_t events)
{
    End *end = (End *)source;
    Console *console = end->console;

    /* a hang-up may have data before it */
    end->readable |= events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP);
    end->writable |= events & EPOLLOUT;
    if (end == &console->host && events & EPOLLOUT && !(events & EPOLLHUP))
        console->host_stalled = false;
    console_run(console);

    if (end == &console->host && events & EPOLLHUP)
        host_closed(console);
    /* both directions are closed; what the client had sent before is with the guest by now */
    if (end == &console->stream && end->source.fd >= 0 && events & (EPOLLHUP | EPOLLERR))
        stream_end(console);
}

static void
stream_expired(void *data)
{
    Console *console = data;

    log_line("%s: the client does not read its console; it is disconnected",
             console->config->alias);
    stream_end(console);
    console_run(console);
}

static void
host_expired(void *data)
{
    Console *console = data;

    log_line("%s: whoever has %s open does not read it; its output is dropped",
             console->config->alias, console->config->path);
    end_drop_rest(&console->host);
    console->host_stalled = true;
    console_run(console);
}

static void
end_init(Console *console, End *end, int fd, void (*expired)(void *data))
{
    end->console = console;
    end->source = (Source){ .fd = fd, .ready = end_ready };
    end->readable = true;
    end->writable = true;
    end->timer = (Timer){ .expired = expired, .data = console };
    if (expired)
        loop_add_timer(console->loop, &end->timer);
}

Console *
console_new(Loop *loop, const KeeperConsole *config, GError **error)
{
    Console *console = g_new0(Console, 1);
    const uint32_t events = EPOLLIN | EPOLLOUT | EPOLLET;

    console->loop = loop;
    console->config = config;
    end_init(console, &console->guest, config->guest, NULL);
    end_init(console, &console->host, config->host, host_expired);
    end_init(console, &console->stream, -1, stream_expired);
    if (fcntl(config->guest, F_SETFL, O_RDWR | O_NONBLOCK) < 0 ||
        fcntl(config->host, F_SETFL, O_RDWR | O_NONBLOCK) < 0) {
        fail_errno(error, errno, "cannot make the ptys of %s non-blocking", config->alias);
    } else if (loop_watch(loop, &console->guest.source, events, error) &&
               loop_watch(loop, &console->host.source, events, error)) {
        return console;
    }
    console_free(console);
    return NULL;
}

static void
end_clear(Console *console, End *end)
{
    loop_remove_timer(console->loop, &end->timer);
    end_drop_rest(end);
    if (end->source.fd < 0)
        return;
    loop_forget(console->loop, &end->source);
    close(end->source.fd);
}

void
console_free(Console *console)
{
    if (!console)
        return;
    end_clear(console, &console->stream);
    end_clear(console, &console->host);
    end_clear(console, &console->guest);
    backlog_clear(&console->unseen);
    g_free(console);
}

const KeeperConsole *
console_config(const Console *console)
{
    return console->config;
}

/* A client that attaches after the start sees the start. */
static void
console_show_unseen(Console *console)
{
    size_t length;
    g_autofree char *data = backlog_take(&console->unseen, &length);

    if (data && !end_write(&console->stream, data, length))
        stream_end(console);
}

int
console_open(Console *console, bool force, GError **error)
{
    End *stream = &console->stream;
    g_auto(Fd) ours = -1;
    g_auto(Fd) theirs = -1;
    int pair[2];

    if (stream->source.fd >= 0 && !force) {
        fail(error, FAILURE_OPERATION_FAILED,
             "%s is in use by another client; open it with --force to take it over",
             console->config->alias);
        return -1;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
        fail_errno(error, errno, "cannot create a stream for %s", console->config->alias);
        return -1;
    }
    ours = pair[0];
    theirs = pair[1];

    stream_end(console);
    stream->source.fd = ours;
    stream->readable = true;
    stream->writable = true;
    if (!loop_watch(console->loop, &stream->source, EPOLLIN | EPOLLOUT | EPOLLET, error)) {
        stream->source.fd = -1;
        return -1;
    }
    fd_steal(&ours);
    console_show_unseen(console);
    return fd_steal(&theirs);
}

void
console_drain(Console *console)
{
    bool moved = true;

    /* the edge that tells of the last words may still be in the epoll queue, behind the guest's end
     */
    console->guest.readable = true;
    console->host.writable = true;
    console->stream.writable = true;
    while (moved) {
        console_flush(console);
        moved = console_output(console);
    }
}
