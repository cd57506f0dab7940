/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One loop over the command's pidfd, signals and up to three streams. The command never gets our
 * own descriptors: a terminal of the host's in a guest is a way out of it.
 */
#include "controller/exec/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "controller/kernel.h"
#include "controller/wire/failure.h"

/* How long output is waited for when the command has ended: others may hold its streams. */
#define DRAIN_MS 200

static const int passed_on[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH };

enum { WATCH_END, WATCH_SIGNAL, WATCH_STDIN, WATCH_INPUT, WATCH_OUTPUT, WATCH_ERRORS, WATCHES };

/* What the command has not taken yet: it may wait for us to take its output first. */
typedef struct {
    char bytes[16384];
    size_t begin;
    size_t end;
    bool over; /* nothing more comes */
} Pending;

static void
copy_window(const Relay *relay)
{
    struct winsize size;

    if (relay->terminal && ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
        ioctl(relay->input, TIOCSWINSZ, &size);
}

static void
handle_signal(const Relay *relay, int signals, int pidfd)
{
    struct signalfd_siginfo info;

    if (read(signals, &info, sizeof(info)) != sizeof(info))
        return;
    if (info.ssi_signo == SIGWINCH)
        copy_window(relay);
    else
        kernel_pidfd_send_signal(pidfd, (int)info.ssi_signo);
}

static bool
write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, bytes, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        length -= n;
    }
    return true;
}

/* False: that stream is at its end. */
static bool
carry(int from, int to)
{
    char block[16384];
    ssize_t n = read(from, block, sizeof(block));

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    return n > 0 && write_all(to, block, n);
}

static void
end_input(Relay *relay, Pending *pending)
{
    pending->over = true;
    pending->begin = pending->end = 0;
    /* the end of a terminal's input is a character; its other end stays for output */
    if (!relay->terminal)
        fd_close(&relay->input);
}

static void
take_input(Relay *relay, Pending *pending)
{
    ssize_t n = read(STDIN_FILENO, pending->bytes, sizeof(pending->bytes));

    if (n > 0)
        pending->end = n;
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        end_input(relay, pending);
}

static void
give_input(Relay *relay, Pending *pending)
{
    ssize_t n = write(relay->input, pending->bytes + pending->begin, pending->end - pending->begin);

    if (n < 0 && errno != EINTR && errno != EAGAIN)
        end_input(relay, pending);
    if (n > 0)
        pending->begin += n;
    if (pending->begin == pending->end)
        pending->begin = pending->end = 0;
}

static void
prepare(const Relay *relay, const Pending *pending, struct pollfd *watches)
{
    bool full = pending->end > 0;

    watches[WATCH_STDIN].fd = !full && !pending->over ? STDIN_FILENO : -1;
    watches[WATCH_INPUT].fd = full ? relay->input : -1;
    watches[WATCH_OUTPUT].fd = relay->output;
    watches[WATCH_ERRORS].fd = relay->errors;
}

static void
serve(Relay *relay, Pending *pending, const struct pollfd *watches)
{
    if (watches[WATCH_STDIN].revents)
        take_input(relay, pending);
    if (watches[WATCH_INPUT].revents)
        give_input(relay, pending);
    if (watches[WATCH_OUTPUT].revents && !carry(relay->output, STDOUT_FILENO)) {
        fd_close(&relay->output);
        if (relay->terminal)
            relay->input = -1; /* it was the same one */
    }
    if (watches[WATCH_ERRORS].revents && !carry(relay->errors, STDERR_FILENO))
        fd_close(&relay->errors);
}

static bool
is_quiet(const struct pollfd *watches)
{
    return !watches[WATCH_OUTPUT].revents && !watches[WATCH_ERRORS].revents;
}

static void
carry_until_end(Relay *relay, int pidfd, int signals)
{
    struct pollfd watches[WATCHES] = {
        [WATCH_END] = { .fd = pidfd, .events = POLLIN },
        [WATCH_SIGNAL] = { .fd = signals, .events = POLLIN },
        [WATCH_STDIN] = { .events = POLLIN },
        [WATCH_INPUT] = { .events = POLLOUT },
        [WATCH_OUTPUT] = { .events = POLLIN },
        [WATCH_ERRORS] = { .events = POLLIN },
    };
    Pending pending = { .over = false };
    bool ended = false;

    for (;;) {
        prepare(relay, &pending, watches);
        if (ended && relay->output < 0 && relay->errors < 0)
            return;
        if (poll(watches, WATCHES, ended ? DRAIN_MS : -1) < 0 && errno != EINTR)
            return;
        if (ended && is_quiet(watches))
            return;
        if (watches[WATCH_SIGNAL].revents)
            handle_signal(relay, signals, pidfd);
        if (watches[WATCH_END].revents) {
            watches[WATCH_END].fd = -1;
            watches[WATCH_END].revents = 0;
            ended = true;
            end_input(relay, &pending);
        }
        serve(relay, &pending, watches);
    }
}

bool
relay_run(Relay *relay, int pidfd, int *ret_status, GError **error)
{
    g_auto(Fd) signals = -1;
    siginfo_t info = { 0 };
    sigset_t set;
    size_t i;

    sigemptyset(&set);
    for (i = 0; i < G_N_ELEMENTS(passed_on); i++)
        sigaddset(&set, passed_on[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    if ((signals = signalfd(-1, &set, SFD_CLOEXEC)) < 0)
        return fail_errno(error, errno, "cannot take signals");
    if (relay->input >= 0)
        fcntl(relay->input, F_SETFL, O_NONBLOCK);
    copy_window(relay);
    carry_until_end(relay, pidfd, signals);
    if (waitid(P_PIDFD, pidfd, &info, WEXITED) < 0)
        return fail_errno(error, errno, "cannot learn how the command ended");
    *ret_status = info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
    return true;
}

void
relay_clear(Relay *relay)
{
    if (relay->terminal)
        relay->output = -1;
    fd_close(&relay->input);
    fd_close(&relay->output);
    fd_close(&relay->errors);
}
