/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages, their packets, and the descriptors that travel with them. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"
#include "controller/wire/message.h"

typedef struct {
    Fd ours;
    Fd theirs;
} Pair;

static void
pair_clear(Pair *pair)
{
    fd_close(&pair->ours);
    fd_close(&pair->theirs);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pair, pair_clear)

static Pair
pair_new(void)
{
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), ==, 0);
    return (Pair){ fds[0], fds[1] };
}

static gint64
in_milliseconds(int n)
{
    return g_get_monotonic_time() + n * 1000;
}

static guint
descriptor_count(void)
{
    GDir *directory = g_dir_open("/proc/self/fd", 0, NULL);
    guint n = 0;

    while (g_dir_read_name(directory))
        n++;
    g_dir_close(directory);
    return n;
}

static void
test_shapes(void)
{
    static const struct {
        const char *text;
        const char *method, *event, *error;
    } shapes[] = {
        { "{\"method\":\"Freeze\",\"parameters\":{}}", "Freeze", NULL, NULL },
        { "{\"event\":\"exited\",\"parameters\":{\"reason\":\"crashed\",\"signal\":11}}", NULL,
          "exited", NULL },
        { "{\"error\":\"xml\",\"parameters\":{\"message\":\"m\"}}", NULL, NULL, "xml" },
        { "{\"parameters\":{\"version\":1,\"init_pid\":7,\"consoles\":[\"/dev/pts/6\"]}}", NULL,
          NULL, NULL },
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(shapes); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Message) message =
            message_from_json(shapes[i].text, strlen(shapes[i].text), &error);
        g_autofree char *text = NULL;

        g_assert_no_error(error);
        g_assert_cmpstr(message->method, ==, shapes[i].method);
        g_assert_cmpstr(message->event, ==, shapes[i].event);
        g_assert_cmpstr(message->error, ==, shapes[i].error);
        g_assert_nonnull(message->parameters);
        text = message_to_json(message);
        g_assert_cmpstr(text, ==, shapes[i].text);
    }
}

static void
test_absent_parameters(void)
{
    g_autoptr(Message) message = message_from_json("{\"method\":\"Kill\"}", 17, NULL);

    g_assert_cmpint(message->parameters->exit_code, ==, -1);
    g_assert_cmpint(message->parameters->signal, ==, 0);
    g_assert_null(message->parameters->consoles);
}

static void
test_refusals(void)
{
    static const struct {
        const char *text;
        const char *message;
    } refusals[] = {
        { "hello", "not JSON: unexpected character at byte 0" },
        { "[]", "message: not an object" },
        { "{}", "message: neither method, event, error nor parameters" },
        { "{\"later\":1}", "message: neither method, event, error nor parameters" },
        { "{\"method\":\"a\",\"event\":\"b\"}",
          "message: more than one of method, event and error" },
        { "{\"error\":\"a\",\"event\":\"b\",\"parameters\":{}}",
          "message: more than one of method, event and error" },
        { "{\"method\":true}", "method: not a string" },
        { "{\"method\":\"a\",\"parameters\":[]}", "parameters: not an object" },
        { "{\"parameters\":{\"init_pid\":\"1\"}}", "parameters.init_pid: not a whole number" },
        { "{\"parameters\":{\"force\":\"yes\"}}", "parameters.force: not true or false" },
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(message_from_json(refusals[i].text, strlen(refusals[i].text), &error));
        g_assert_error(error, FAILURE, FAILURE_INTERNAL);
        g_assert_cmpstr(error->message, ==, refusals[i].message);
    }
}

static void
test_errors(void)
{
    int code;

    for (code = 0; code < FAILURE_LAST; code++) {
        g_autoptr(GError) sent = g_error_new(FAILURE, code, "mounts: cannot bind '%d'", code);
        g_autoptr(Message) message = message_new_error(sent);
        g_autoptr(GError) got = NULL;

        g_assert_false(message_check(message, &got));
        g_assert_error(got, FAILURE, code);
        g_assert_cmpstr(got->message, ==, sent->message);
    }
}

static void
test_foreign_errors(void)
{
    g_autoptr(GError) foreign = g_error_new(G_FILE_ERROR, G_FILE_ERROR_NOENT, "no such file");
    g_autoptr(Message) first = message_new_error(foreign);
    g_autoptr(Message) second = message_from_json("{\"error\":\"from-the-future\"}", 27, NULL);
    g_autoptr(Message) reply = message_new_reply();
    g_autoptr(GError) error = NULL;

    g_assert_cmpstr(first->error, ==, "internal");
    g_assert_false(message_check(second, &error));
    g_assert_error(error, FAILURE, FAILURE_INTERNAL);
    g_assert_cmpstr(error->message, ==, "the controller gave no reason");
    g_assert_true(message_check(reply, NULL));
}

static void
test_descriptors(void)
{
    g_auto(Pair) pair = pair_new();
    g_autoptr(Message) call = message_new_call("Launch");
    g_autoptr(Message) got = NULL;
    g_autoptr(GArray) fds = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(Fd) pipe_end = -1;
    int ends[2];
    char byte;

    g_assert_cmpint(pipe2(ends, O_CLOEXEC), ==, 0);
    g_assert_true(message_send(pair.ours, call, ends, 2, 0, &error));
    got = message_receive(pair.theirs, 0, &fds, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(got->method, ==, "Launch");
    g_assert_cmpuint(fds->len, ==, 2);
    g_assert_cmpint(write(ends[1], "x", 1), ==, 1);
    close(ends[0]);
    close(ends[1]);

    pipe_end = message_take_fd(fds, 0);
    g_assert_cmpint(fcntl(pipe_end, F_GETFD), ==, FD_CLOEXEC);
    g_assert_cmpint(read(pipe_end, &byte, 1), ==, 1);
    g_assert_cmpint(message_take_fd(fds, 0), ==, -1);
    g_assert_cmpint(message_take_fd(fds, 2), ==, -1);
    g_assert_cmpint(message_take_fd(NULL, 0), ==, -1);
}

static void
raw_send(int socket, const void *data, size_t length, int n_fds)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * 253)];
    } control = { 0 };
    struct iovec part = { .iov_base = (void *)data, .iov_len = length };
    struct msghdr packet = { .msg_iov = &part, .msg_iovlen = 1 };
    int i;

    if (n_fds > 0) {
        control.header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
                                           .cmsg_type = SCM_RIGHTS,
                                           .cmsg_len = CMSG_LEN(sizeof(int) * n_fds) };
        for (i = 0; i < n_fds; i++)
            ((int *)CMSG_DATA(&control.header))[i] = STDIN_FILENO;
        packet.msg_control = &control;
        packet.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
    }
    g_assert_cmpint(sendmsg(socket, &packet, MSG_NOSIGNAL), ==, (ssize_t)length);
}

static void
receive_refused(int socket, const char *part)
{
    g_autoptr(GArray) fds = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_null(message_receive(socket, 0, &fds, &error));
    g_assert_null(fds);
    g_assert_error(error, FAILURE, FAILURE_INTERNAL);
    if (!strstr(error->message, part))
        g_assert_cmpstr(error->message, ==, part);
}

static void
test_refused_packets_leak_nothing(void)
{
    g_auto(Pair) pair = pair_new();
    g_autofree char *large = g_strnfill(MESSAGE_SIZE_MAX + 1, ' ');
    g_autoptr(Message) call = NULL;
    guint before = descriptor_count();

    raw_send(pair.ours, "nonsense", 8, 3);
    receive_refused(pair.theirs, "not JSON");
    raw_send(pair.ours, large, MESSAGE_SIZE_MAX + 1, 3);
    receive_refused(pair.theirs, "packet larger than 65536 bytes");
    raw_send(pair.ours, "{\"method\":\"a\"}", 14, MESSAGE_FDS_MAX + 1);
    receive_refused(pair.theirs, "packet with more descriptors than can be taken (64)");
    raw_send(pair.ours, "{\"method\":\"a\"}", 14, 253);
    receive_refused(pair.theirs, "packet with more descriptors than can be taken (64)");
    /* nobody asked for the descriptors of this one */
    raw_send(pair.ours, "{\"method\":\"a\"}", 14, MESSAGE_FDS_MAX);
    call = message_receive(pair.theirs, 0, NULL, NULL);
    g_assert_nonnull(call);
    g_assert_cmpuint(descriptor_count(), ==, before);
}

static void
test_open_file_limit(void)
{
    g_auto(Pair) pair = pair_new();
    guint before = descriptor_count();
    struct rlimit old;
    struct rlimit tight;

    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &old), ==, 0);
    raw_send(pair.ours, "{\"method\":\"a\"}", 14, 20);
    tight = (struct rlimit){ before + 3, old.rlim_max };
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &tight), ==, 0);
    receive_refused(pair.theirs, "more descriptors");
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &old), ==, 0);
    g_assert_cmpuint(descriptor_count(), ==, before);
}

static void
test_send_limits(void)
{
    g_auto(Pair) pair = pair_new();
    g_autoptr(Message) message = message_new_call("a");
    g_autoptr(GError) error = NULL;
    int many[MESSAGE_FDS_MAX + 1] = { 0 };

    g_assert_false(message_send(pair.ours, message, many, G_N_ELEMENTS(many), 0, &error));
    g_assert_cmpstr(error->message, ==, "message with 65 descriptors, more than 64");
    g_clear_error(&error);
    many[0] = 9999;
    g_assert_false(message_send(pair.ours, message, many, 1, 0, &error));
    g_assert_cmpstr(error->message, ==, "cannot send a message: Bad file descriptor");
    g_clear_error(&error);
    message->parameters->message = g_strnfill(MESSAGE_SIZE_MAX, 'x');
    g_assert_false(message_send(pair.ours, message, NULL, 0, 0, &error));
    g_assert_true(g_str_has_suffix(error->message, "is larger than a packet of 65536"));
}

static void
test_end_of_file(void)
{
    g_auto(Pair) pair = pair_new();
    g_autoptr(Message) call = message_new_call("a");
    g_autoptr(Message) got = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(message_send(pair.ours, call, NULL, 0, 0, NULL));
    g_assert_true(message_send(pair.theirs, call, NULL, 0, 0, NULL));
    /* with a call of ours unread: what the peer sent before is still there */
    fd_close(&pair.ours);
    got = message_receive(pair.theirs, 0, NULL, &error);
    g_assert_no_error(error);
    g_assert_nonnull(got);
    g_assert_null(message_receive(pair.theirs, in_milliseconds(1000), NULL, &error));
    g_assert_no_error(error);
    g_assert_false(message_send(pair.theirs, call, NULL, 0, 0, &error));
    g_assert_error(error, FAILURE, FAILURE_OPERATION_FAILED);
    g_assert_cmpstr(error->message, ==, "the other end of the socket is closed");
}

static void
test_deadlines(void)
{
    g_auto(Pair) pair = pair_new();
    g_autoptr(Message) call = message_new_call("a");
    g_autoptr(GError) error = NULL;
    gint64 start = g_get_monotonic_time();

    g_assert_null(message_receive(pair.ours, 0, NULL, &error));
    g_assert_error(error, FAILURE, FAILURE_OPERATION_TIMEOUT);
    g_clear_error(&error);
    g_assert_null(message_receive(pair.ours, in_milliseconds(100), NULL, &error));
    g_assert_error(error, FAILURE, FAILURE_OPERATION_TIMEOUT);
    g_assert_cmpstr(error->message, ==, "timed out waiting for a message");
    g_clear_error(&error);
    g_assert_cmpint(g_get_monotonic_time() - start, >=, 100 * 1000);

    while (message_send(pair.ours, call, NULL, 0, 0, &error))
        continue;
    g_assert_error(error, FAILURE, FAILURE_OPERATION_TIMEOUT);
    g_clear_error(&error);
    start = g_get_monotonic_time();
    g_assert_false(message_send(pair.ours, call, NULL, 0, in_milliseconds(100), &error));
    g_assert_cmpstr(error->message, ==, "timed out sending a message: the peer does not read");
    g_assert_cmpint(g_get_monotonic_time() - start, >=, 100 * 1000);
}

static gpointer
answer_later(gpointer data)
{
    g_autoptr(Message) reply = message_new_reply();

    g_usleep(50 * 1000);
    message_send(GPOINTER_TO_INT(data), reply, NULL, 0, 0, NULL);
    return NULL;
}

static void
test_waits(void)
{
    g_auto(Pair) pair = pair_new();
    GThread *thread = g_thread_new(NULL, answer_later, GINT_TO_POINTER(pair.theirs));
    g_autoptr(GError) error = NULL;
    g_autoptr(Message) got = message_receive(pair.ours, in_milliseconds(5000), NULL, &error);

    g_assert_no_error(error);
    g_assert_nonnull(got);
    g_thread_join(thread);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/message/the four shapes survive reading and writing", test_shapes);
    g_test_add_func("/message/absent parameters have their defaults", test_absent_parameters);
    g_test_add_func("/message/refusals name the place", test_refusals);
    g_test_add_func("/message/every failure code crosses the wire", test_errors);
    g_test_add_func("/message/unknown and foreign errors are internal", test_foreign_errors);
    g_test_add_func("/message/descriptors arrive and close on exec", test_descriptors);
    g_test_add_func("/message/refused packets leak no descriptor",
                    test_refused_packets_leak_nothing);
    g_test_add_func("/message/descriptors beyond the limit of open files are refused",
                    test_open_file_limit);
    g_test_add_func("/message/what cannot be sent says why", test_send_limits);
    g_test_add_func("/message/the end of file is no error", test_end_of_file);
    g_test_add_func("/message/deadlines are kept", test_deadlines);
    g_test_add_func("/message/an answer that comes later is waited for", test_waits);
    return g_test_run();
}
