/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keeper's requests, as its clients see them. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"
#include "tests/controller/keeper/guest.h"

static void
test_status(void)
{
    g_autoptr(Guest) guest = NULL;
    g_autoptr(Message) status = NULL;
    g_auto(Fd) pidfd = -1;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    status = call_succeeds(guest->client, "GetStatus", &pidfd);
    g_assert_cmpint(status->parameters->version, ==, MESSAGE_PROTOCOL_VERSION);
    g_assert_cmpint(status->parameters->init_pid, ==, guest->init);
    g_assert_cmpstr(status->parameters->state, ==, "running");
    g_assert_cmpstr(status->parameters->cgroup, ==, "/machine/lxc-1-heron.libvirt-lxc");
    g_assert_cmpint(g_strv_length(status->parameters->consoles), ==, 1);
    g_assert_cmpstr(status->parameters->consoles[0], ==, guest->host_path);

    g_assert_cmpint(syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0), ==, 0);
    guest_left(guest, 0);
}

static void
packet_send(int fd, const void *data, size_t length)
{
    g_assert_cmpint(send(fd, data, length, MSG_NOSIGNAL), ==, (ssize_t)length);
}

static void
packet_refused(int fd, const char *part)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Message) answer =
        message_receive(fd, g_get_monotonic_time() + 5 * G_USEC_PER_SEC, NULL, &error);

    g_assert_no_error(error);
    g_assert_nonnull(answer);
    g_assert_cmpstr(answer->error, ==, "internal");
    if (!strstr(answer->parameters->message, part))
        g_assert_cmpstr(answer->parameters->message, ==, part);
}

static void
fds_send(int fd, int n)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * 200)];
    } control = { 0 };
    struct iovec part = { .iov_base = (char *)"{\"method\":\"GetStatus\"}", .iov_len = 22 };
    struct msghdr packet = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control };
    int i;

    control.header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
                                       .cmsg_type = SCM_RIGHTS,
                                       .cmsg_len = CMSG_LEN(sizeof(int) * n) };
    for (i = 0; i < n; i++)
        ((int *)CMSG_DATA(&control.header))[i] = STDIN_FILENO;
    packet.msg_controllen = CMSG_SPACE(sizeof(int) * n);
    g_assert_cmpint(sendmsg(fd, &packet, MSG_NOSIGNAL), ==, 22);
}

static guint
descriptor_count(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/fd", (int)pid);
    GDir *directory = g_dir_open(path, 0, NULL);
    guint n = 0;

    while (g_dir_read_name(directory))
        n++;
    g_dir_close(directory);
    return n;
}

static void
expect_descriptor_count(pid_t pid, guint expected)
{
    gint64 deadline = g_get_monotonic_time() + G_USEC_PER_SEC;

    /* an answer comes before what it carried is closed */
    while (descriptor_count(pid) != expected && g_get_monotonic_time() < deadline)
        g_usleep(1000);
    g_assert_cmpuint(descriptor_count(pid), ==, expected);
}

static void
test_bad_packets(void)
{
    g_autoptr(Guest) guest = NULL;
    g_autofree char *large = g_strnfill(100000, ' ');
    g_autoptr(Message) status = NULL;
    guint before;
    int i;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    before = descriptor_count(guest->keeper);

    packet_send(guest->client, "hello", 5);
    packet_refused(guest->client, "not JSON");
    packet_send(guest->client, "{\"method\":\"GetStatus\"}\0x", 24);
    packet_refused(guest->client, "not JSON");
    packet_send(guest->client, "{\"method\":7}", 12);
    packet_refused(guest->client, "method: not a string");
    packet_send(guest->client, "{\"event\":\"exited\"}", 18);
    packet_refused(guest->client, "only calls");
    packet_send(guest->client, large, 100000);
    packet_refused(guest->client, "larger than 65536 bytes");
    for (i = 0; i < 20; i++) {
        fds_send(guest->client, 200);
        packet_refused(guest->client, "more descriptors");
    }
    for (i = 0; i < 20; i++) {
        g_autoptr(Message) answer = NULL;

        fds_send(guest->client, 60);
        answer =
            message_receive(guest->client, g_get_monotonic_time() + G_USEC_PER_SEC, NULL, NULL);
        g_assert_nonnull(answer);
    }
    expect_descriptor_count(guest->keeper, before);
    status = call_succeeds(guest->client, "GetStatus", NULL);
}

static void
test_unknown_method(void)
{
    g_autoptr(Guest) guest = NULL;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    call_fails(guest->client, message_new_call("Teleport"), "operation-unsupported",
               "does not know 'Teleport'");
    call_fails(guest->client, message_new_call(""), "operation-unsupported", "does not know ''");
}

static void
test_signal(void)
{
    g_autoptr(Guest) guest = NULL;
    g_autoptr(Message) answer = NULL;
    static const int wrong[] = { 0, -1, 65 };
    Message *call;
    size_t i;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    for (i = 0; i < G_N_ELEMENTS(wrong); i++) {
        call = message_new_call("Signal");
        call->parameters->signal = wrong[i];
        call_fails(guest->client, call, "invalid-arg", "no signal has the number");
    }
    call = message_new_call("Signal");
    call->parameters->signal = SIGSTOP;
    answer = call_answer(guest->client, call, NULL);
    g_assert_null(answer->error);
    while (process_state(guest->init) != 'T')
        g_usleep(1000);
}

static void
test_client_that_does_not_read(void)
{
    g_autoptr(Guest) guest = NULL;
    g_autoptr(Message) status = NULL;
    g_autoptr(Message) call = message_new_call("GetStatus");
    g_autoptr(GError) error = NULL;
    g_auto(Fd) slow = -1;
    int sent = 0;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    slow = guest_connect(guest);
    /* its answers fill the socket until there is no room for the next one */
    while (message_send(slow, call, NULL, 0, g_get_monotonic_time() + 5 * G_USEC_PER_SEC, &error))
        g_assert_cmpint(++sent, <, 100000);
    g_assert_error(error, FAILURE, FAILURE_OPERATION_FAILED);
    status = call_succeeds(guest->client, "GetStatus", NULL);
}

static void
test_foreign_user(void)
{
    g_autoptr(Guest) guest = NULL;
    g_autoptr(Message) status = NULL;
    int result;
    pid_t pid;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    g_assert_cmpint(g_chmod(guest->directory, 0755), ==, 0);
    g_assert_cmpint(g_chmod(guest->socket_path, 0666), ==, 0);
    if ((pid = fork()) == 0) {
        char byte;
        int fd;

        if (setresuid(65534, 65534, 65534) < 0)
            _exit(1);
        fd = guest_connect(guest);
        _exit(recv(fd, &byte, 1, 0) == 0 ? 0 : 2);
    }
    waitpid(pid, &result, 0);
    g_assert_cmpint(result, ==, 0);
    status = call_succeeds(guest->client, "GetStatus", NULL);
}

static void
test_many_clients(void)
{
    g_autoptr(Guest) guest = NULL;
    g_autoptr(Message) status = NULL;
    int clients[40];
    guint served = 0;
    size_t i;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    for (i = 0; i < G_N_ELEMENTS(clients); i++) {
        g_autoptr(Message) call = message_new_call("GetStatus");
        g_autoptr(Message) answer = NULL;

        clients[i] = guest_connect(guest);
        message_send(clients[i], call, NULL, 0, 0, NULL);
        answer = message_receive(clients[i], g_get_monotonic_time() + G_USEC_PER_SEC, NULL, NULL);
        served += !!answer;
    }
    /* one of the 32 is the inherited socket */
    g_assert_cmpuint(served, ==, 31);
    for (i = 0; i < G_N_ELEMENTS(clients); i++)
        close(clients[i]);
    status = call_succeeds(guest->client, "GetStatus", NULL);
}

static guint64
memory_kib(pid_t pid, const char *key)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/smaps_rollup", (int)pid);
    g_autofree char *text = NULL;
    const char *line;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    line = strstr(text, key);
    g_assert_nonnull(line);
    return g_ascii_strtoull(line + strlen(key), NULL, 10);
}

static void
test_small(void)
{
    g_autoptr(Guest) guest = NULL;
    g_autofree char *path = NULL;
    g_autofree char *maps = NULL;
    g_autofree char *status = NULL;
    int i;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    for (i = 0; i < 100; i++) {
        G_GNUC_UNUSED g_autoptr(Message) answer = call_succeeds(guest->client, "GetStatus", NULL);
    }
    path = g_strdup_printf("/proc/%d/maps", (int)guest->keeper);
    g_assert_true(g_file_get_contents(path, &maps, NULL, NULL));
    if (g_getenv("KEEPER_STATIC"))
        g_assert_null(strstr(maps, ".so"));
    g_free(path);
    path = g_strdup_printf("/proc/%d/status", (int)guest->keeper);
    g_assert_true(g_file_get_contents(path, &status, NULL, NULL));
    g_assert_nonnull(strstr(status, "Threads:\t1\n"));
    g_assert_nonnull(strstr(status, "CapEff:\t0000000000000020\n"));
    g_assert_nonnull(strstr(status, "CapBnd:\t0000000000000020\n"));
    g_assert_nonnull(strstr(status, "NoNewPrivs:\t1\n"));
    g_test_message(
        "anonymous %" G_GUINT64_FORMAT " KiB, USS %" G_GUINT64_FORMAT " KiB with one keeper",
        memory_kib(guest->keeper, "Anonymous:"),
        memory_kib(guest->keeper, "Private_Clean:") + memory_kib(guest->keeper, "Private_Dirty:"));
    /* sanitizers have a memory of their own, and are not static */
    if (g_getenv("KEEPER_STATIC"))
        g_assert_cmpuint(memory_kib(guest->keeper, "Anonymous:"), <=, 150);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/keeper/status names init, its pidfd, group and consoles", test_status);
    g_test_add_func("/keeper/packets that are no calls are refused and cost no descriptor",
                    test_bad_packets);
    g_test_add_func("/keeper/unknown methods are answered", test_unknown_method);
    g_test_add_func("/keeper/signals reach init", test_signal);
    g_test_add_func("/keeper/a client that does not read is dropped",
                    test_client_that_does_not_read);
    g_test_add_func("/keeper/only root is served", test_foreign_user);
    g_test_add_func("/keeper/the number of clients is bounded", test_many_clients);
    g_test_add_func("/keeper/it is static, has one thread, one capability and little memory",
                    test_small);
    return g_test_run();
}
