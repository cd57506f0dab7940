/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The console relay: who gets the output, who may type, and that nobody can hold up the guest. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "controller/wire/descriptor.h"
#include "tests/controller/keeper/guest.h"

static void
put(int fd, const char *text)
{
    g_assert_cmpint(write(fd, text, strlen(text)), ==, (ssize_t)strlen(text));
}

static bool
readable(int fd, int milliseconds)
{
    struct pollfd watch = { .fd = fd, .events = POLLIN };

    return poll(&watch, 1, milliseconds) > 0;
}

static void
expect_end(int fd)
{
    char buffer[4096];
    ssize_t n;

    do {
        g_assert_true(readable(fd, 10000));
        n = read(fd, buffer, sizeof(buffer));
    } while (n > 0);
    g_assert_cmpint(n, ==, 0);
}

static int
terminal_open(const char *path)
{
    int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

    g_assert_cmpint(fd, >=, 0);
    return fd;
}

static void
test_stream(void)
{
    g_autoptr(Guest) guest = NULL;
    g_auto(Fd) stream = -1;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    stream = console_attach(guest->client, "console0", false);
    put(guest->console, "login: ");
    expect_text(stream, "login: ");
    put(stream, "root\n");
    expect_text(guest->console, "root\n");
    put(guest->console, "welcome");
    expect_text(stream, "welcome");
}

/* The first 10,000 lines are more than is kept: their end must be there, in order and without a
 * gap. */
static void
test_unseen_output(void)
{
    g_autoptr(Guest) guest = NULL;
    g_autoptr(GString) seen = g_string_new(NULL);
    g_auto(Fd) first = -1;
    g_auto(Fd) second = -1;
    char line[32];
    char *at;
    long number;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    for (number = 0; number < 10000; number++) {
        g_snprintf(line, sizeof(line), "line %ld\n", number);
        put(guest->console, line);
    }
    first = console_attach(guest->client, NULL, false);
    while (!strstr(seen->str, "line 9999")) {
        char buffer[4096];
        ssize_t n;

        g_assert_true(readable(first, 10000));
        if ((n = read(first, buffer, sizeof(buffer))) > 0)
            g_string_append_len(seen, buffer, n);
    }
    g_assert_cmpuint(seen->len, >, 60000);
    at = strstr(seen->str, "line ");
    for (number = strtol(at + 5, &at, 10); number < 9999; number++) {
        at = strstr(at, "line ");
        g_assert_nonnull(at);
        g_assert_cmpint(strtol(at + 5, &at, 10), ==, number + 1);
    }

    /* it has been seen now */
    second = console_attach(guest->client, NULL, true);
    put(guest->console, "new");
    g_assert_true(readable(second, 10000));
    g_assert_cmpint(read(second, line, sizeof(line)), ==, 3);
    g_assert_cmpmem(line, 3, "new", 3);
}

static void
test_exclusive(void)
{
    g_autoptr(Guest) guest = NULL;
    g_auto(Fd) first = -1;
    g_auto(Fd) second = -1;
    g_auto(Fd) third = -1;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    first = console_attach(guest->client, NULL, false);
    call_fails(guest->client, message_new_call("OpenConsole"), "operation-failed",
               "console0 is in use by another client; open it with --force");
    second = console_attach(guest->client, NULL, true);
    expect_end(first);
    put(guest->console, "for the second");
    expect_text(second, "for the second");

    /* a client that leaves makes room */
    fd_close(&second);
    g_usleep(50 * 1000);
    third = console_attach(guest->client, NULL, false);
    put(guest->console, "for the third");
    expect_text(third, "for the third");
}

static void
test_unknown_console(void)
{
    g_autoptr(Guest) guest = NULL;
    Message *call = message_new_call("OpenConsole");

    call->parameters->alias = g_strdup("console9");
    if (guest_impossible()) {
        message_free(call);
        return;
    }
    guest = guest_start(NULL);
    call_fails(guest->client, call, "invalid-arg", "the guest has no console 'console9'");
}

static void
test_half_closed_stream(void)
{
    g_autoptr(Guest) guest = NULL;
    g_auto(Fd) stream = -1;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    stream = console_attach(guest->client, NULL, false);
    put(stream, "poweroff\n");
    g_assert_cmpint(shutdown(stream, SHUT_WR), ==, 0);
    expect_text(guest->console, "poweroff\n");
    put(guest->console, "going down");
    expect_text(stream, "going down");
}

static void
test_last_words(void)
{
    g_autoptr(Guest) guest = NULL;
    g_auto(Fd) stream = -1;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    stream = console_attach(guest->client, NULL, false);
    kill(guest->keeper, SIGSTOP);
    put(guest->console, "reboot: System halted");
    close(guest->console);
    guest->console = -1;
    kill(guest->init, SIGINT);
    kill(guest->keeper, SIGCONT);
    guest_left(guest, 0);
    expect_text(stream, "reboot: System halted");
    expect_end(stream);
}

/* Writes @megabytes, in a child; the time is what the guest had to wait. */
static pid_t
flood(const Guest *guest, int megabytes)
{
    static char block[65536];
    size_t left = (size_t)megabytes << 20;
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    memset(block, 'x', sizeof(block));
    while (left > 0) {
        ssize_t n = write(guest->console, block, MIN(left, sizeof(block)));

        if (n <= 0)
            _exit(1);
        left -= n;
    }
    _exit(0);
}

static void
flood_done(pid_t pid)
{
    int status;

    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_cmpint(status, ==, 0);
}

static void
test_nobody_attached(void)
{
    g_autoptr(Guest) guest = NULL;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    /* it ends only when all is taken from the guest: who waited for a client would wait for ever */
    flood_done(flood(guest, 8));
}

static void
test_throughput(void)
{
    const size_t megabytes = 64;
    size_t left = megabytes << 20;
    g_autoptr(Guest) guest = NULL;
    g_auto(Fd) stream = -1;
    static char buffer[65536];
    gint64 start;
    double rate;
    pid_t writer;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    stream = console_attach(guest->client, NULL, false);
    start = g_get_monotonic_time();
    writer = flood(guest, megabytes);
    while (left > 0) {
        ssize_t n;

        g_assert_true(readable(stream, 10000));
        n = read(stream, buffer, sizeof(buffer));
        g_assert_cmpint(n, >, 0);
        left -= n;
    }
    rate = megabytes * 1e6 / (g_get_monotonic_time() - start);
    flood_done(writer);
    g_test_message("%.0f MiB/s, keeper %" G_GUINT64_FORMAT " ms of processor time per 64 MiB", rate,
                   process_milliseconds(guest->keeper));
    /* a machine that is busy or sanitized is slower; one that polls would not reach this either */
    g_assert_cmpfloat(rate, >, 5);
}

static void
test_input_throughput(void)
{
    g_autoptr(Guest) guest = NULL;
    g_auto(Fd) stream = -1;
    g_autofree char *block = g_strnfill(1 << 20, 'y');
    size_t sent = 0;
    size_t got = 0;
    static char buffer[65536];

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    stream = console_attach(guest->client, NULL, false);
    /* more than all buffers hold, before anybody reads */
    while (sent < 1 << 20) {
        ssize_t n = write(stream, block + sent, (1 << 20) - sent);

        if (n > 0)
            sent += n;
        else if (readable(guest->console, 5000)) {
            n = read(guest->console, buffer, sizeof(buffer));
            g_assert_cmpint(n, >, 0);
            got += n;
        }
    }
    while (got < sent) {
        g_assert_true(readable(guest->console, 5000));
        got += read(guest->console, buffer, sizeof(buffer));
    }
    g_assert_cmpuint(got, ==, sent);
}

static void
test_slow_stream(void)
{
    g_autoptr(Guest) guest = NULL;
    g_autoptr(Message) status = NULL;
    g_auto(Fd) stream = -1;
    gint64 start = g_get_monotonic_time();

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    stream = console_attach(guest->client, NULL, false);
    flood_done(flood(guest, 4));
    g_assert_cmpint(g_get_monotonic_time() - start, >, 4 * G_USEC_PER_SEC);
    g_assert_cmpint(g_get_monotonic_time() - start, <, 9 * G_USEC_PER_SEC);
    expect_end(stream);
    status = call_succeeds(guest->client, "GetStatus", NULL);
    fd_close(&stream);
    stream = console_attach(guest->client, NULL, false);
    put(guest->console, "still here");
    expect_text(stream, "still here");
}

static void
test_host_pty(void)
{
    g_autoptr(Guest) guest = NULL;
    g_auto(Fd) host = -1;
    g_auto(Fd) stream = -1;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    put(guest->console, "nobody sees this");
    g_usleep(50 * 1000);
    host = terminal_open(guest->host_path);
    put(guest->console, "hello host");
    expect_text(host, "hello host");
    put(host, "hello guest");
    expect_text(guest->console, "hello guest");

    stream = console_attach(guest->client, NULL, false);
    put(guest->console, "hello both");
    expect_text(stream, "hello both");
    expect_text(host, "hello both");

    fd_close(&host);
    g_usleep(50 * 1000);
    put(guest->console, "stream only");
    expect_text(stream, "stream only");
    host = terminal_open(guest->host_path);
    put(guest->console, "host again");
    expect_text(host, "host again");
    put(host, "typed again");
    expect_text(guest->console, "typed again");
}

static void
test_slow_host_pty(void)
{
    g_autoptr(Guest) guest = NULL;
    g_auto(Fd) host = -1;
    gint64 start = g_get_monotonic_time();

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    host = terminal_open(guest->host_path);
    flood_done(flood(guest, 4));
    g_assert_cmpint(g_get_monotonic_time() - start, <, 9 * G_USEC_PER_SEC);
    /* it wakes up: old output first, then what is printed from now on */
    fcntl(host, F_SETFL, O_RDWR | O_NONBLOCK);
    while (readable(host, 200)) {
        char buffer[65536];

        g_assert_cmpint(read(host, buffer, sizeof(buffer)), >, 0);
    }
    fcntl(host, F_SETFL, O_RDWR);
    put(guest->console, "you again");
    expect_text(host, "you again");
}

static void
assert_idle(const Guest *guest)
{
    guint64 before = process_milliseconds(guest->keeper);

    g_usleep(500 * 1000);
    g_assert_cmpuint(process_milliseconds(guest->keeper) - before, <=, 20);
}

static void
test_hang_ups(void)
{
    g_autoptr(Guest) guest = NULL;
    g_auto(Fd) stream = -1;
    g_auto(Fd) host = -1;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    host = terminal_open(guest->host_path);
    stream = console_attach(guest->client, NULL, false);
    put(guest->console, "one");
    expect_text(stream, "one");
    fd_close(&host);
    close(guest->console);
    guest->console = -1;
    assert_idle(guest);

    /* input for a guest that has its console closed */
    put(stream, "lost\n");
    assert_idle(guest);
    guest->console = terminal_open(guest->console_path);
    put(guest->console, "two");
    expect_text(stream, "two");
    tcflush(guest->console, TCIFLUSH);
    put(stream, "three\n");
    expect_text(guest->console, "three\n");
    g_assert_cmpint(shutdown(stream, SHUT_WR), ==, 0);
    assert_idle(guest);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/console/a stream carries both directions", test_stream);
    g_test_add_func("/console/what nobody saw comes first", test_unseen_output);
    g_test_add_func("/console/one stream at a time unless forced", test_exclusive);
    g_test_add_func("/console/an unknown console is refused", test_unknown_console);
    g_test_add_func("/console/a half closed stream still gets output", test_half_closed_stream);
    g_test_add_func("/console/the last words of a guest arrive", test_last_words);
    g_test_add_func("/console/output to nobody does not block", test_nobody_attached);
    g_test_add_func("/console/output is fast", test_throughput);
    g_test_add_func("/console/much input arrives whole", test_input_throughput);
    g_test_add_func("/console/a stream that is not read is ended", test_slow_stream);
    g_test_add_func("/console/the pty of the host works while it is open", test_host_pty);
    g_test_add_func("/console/a host pty that is not read does not block", test_slow_host_pty);
    g_test_add_func("/console/hang-ups do not spin and heal", test_hang_ups);
    return g_test_run();
}
