/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the keeper reports the end of a guest, and how the two die together. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/wire/descriptor.h"
#include "tests/controller/keeper/guest.h"

static char *
guest_file(const Guest *guest, const char *suffix)
{
    return g_strconcat(guest->directory, "/heron", suffix, NULL);
}

static void
assert_no_file(const Guest *guest, const char *suffix)
{
    g_autofree char *path = guest_file(guest, suffix);

    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

/* The record on disk is what the event said. */
static void
assert_record(const Guest *guest, const Message *event)
{
    g_autofree char *path = guest_file(guest, ".exit");
    g_autofree char *text = NULL;
    MessageParameters *record;
    gsize length;

    g_assert_true(g_file_get_contents(path, &text, &length, NULL));
    record = json_read(&message_parameters_type, text, length, NULL);
    g_assert_nonnull(record);
    g_assert_cmpint(record->init_pid, ==, guest->init);
    g_assert_cmpstr(record->reason, ==, event->parameters->reason);
    g_assert_cmpint(record->signal, ==, event->parameters->signal);
    g_assert_cmpint(record->exit_code, ==, event->parameters->exit_code);
    json_free(&message_parameters_type, record);
    assert_no_file(guest, ".exit.new");
    assert_no_file(guest, ".pid");
    assert_no_file(guest, ".sock");
}

static void
assert_ends(Guest *guest, const char *reason, int number)
{
    g_autoptr(Message) event = event_exited(guest->client);

    g_assert_cmpstr(event->parameters->reason, ==, reason);
    g_assert_cmpint(event->parameters->signal, ==, number);
    g_assert_cmpint(event->parameters->exit_code, ==, -1);
    assert_record(guest, event);
    guest_left(guest, 0);
    g_assert_cmpint(process_state(guest->init), ==, '\0');
}

static void
test_deaths_by_signal(void)
{
    static const struct {
        int number;
        const char *reason;
    } cases[] = {
        { SIGINT, MESSAGE_REASON_SHUTDOWN },
        { SIGHUP, MESSAGE_REASON_REBOOT },
        { SIGSEGV, MESSAGE_REASON_CRASHED },
        { SIGKILL, MESSAGE_REASON_CRASHED },
    };
    size_t i;

    if (guest_impossible())
        return;
    for (i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Guest) guest = guest_start(NULL);

        kill(guest->init, cases[i].number);
        assert_ends(guest, cases[i].reason, cases[i].number);
    }
}

static Message *
next_event(Guest *guest)
{
    g_autoptr(GError) error = NULL;
    Message *message =
        message_receive(guest->client, g_get_monotonic_time() + 30 * G_USEC_PER_SEC, NULL, &error);

    g_assert_no_error(error);
    return message;
}

/* The first time at once, what follows together, and the end says what it was for. */
static void
test_out_of_memory(void)
{
    g_autoptr(Guest) guest = NULL;
    g_autoptr(Message) first = NULL;
    g_autoptr(Message) second = NULL;
    g_autoptr(Message) end = NULL;
    g_auto(Fd) made = eventfd(0, EFD_NONBLOCK);
    /* away from the descriptor of the handover */
    g_auto(Fd) memory = fcntl(made, F_DUPFD, 64);
    uint64_t one = 1;
    uint64_t more = 4;

    if (guest_impossible())
        return;
    guest = guest_start(&(GuestOptions){ .memory = memory });
    g_assert_cmpint(write(memory, &one, sizeof(one)), ==, sizeof(one));
    first = next_event(guest);
    g_assert_cmpstr(first->event, ==, "out-of-memory");
    g_assert_cmpint(first->parameters->kills, ==, 1);
    g_assert_cmpint(write(memory, &more, sizeof(more)), ==, sizeof(more));
    second = next_event(guest);
    g_assert_cmpstr(second->event, ==, "out-of-memory");
    g_assert_cmpint(second->parameters->kills, ==, 4);
    g_assert_cmpint(write(memory, &one, sizeof(one)), ==, sizeof(one));
    kill(guest->init, SIGKILL);
    end = event_exited(guest->client);
    g_assert_cmpstr(end->parameters->reason, ==, MESSAGE_REASON_CRASHED);
    g_assert_true(end->parameters->out_of_memory);
    guest_left(guest, 0);
}

static void
test_exit_status(void)
{
    g_autoptr(Guest) guest = NULL;
    g_autoptr(Message) event = NULL;

    if (guest_impossible())
        return;
    guest = guest_start(&(GuestOptions){ .init_exits = true });
    event = event_exited(guest->client);
    g_assert_cmpstr(event->parameters->reason, ==, MESSAGE_REASON_SHUTDOWN);
    g_assert_cmpint(event->parameters->exit_code, ==, 7);
    g_assert_cmpint(event->parameters->signal, ==, 0);
    assert_record(guest, event);
    guest_left(guest, 0);
}

static void
test_kill(void)
{
    g_autoptr(Guest) guest = NULL;
    g_autoptr(Message) answer = NULL;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    answer = call_succeeds(guest->client, "Kill", NULL);
    assert_ends(guest, MESSAGE_REASON_DESTROYED, SIGKILL);
}

static void
test_deadly_signal(void)
{
    g_autoptr(Guest) guest = NULL;
    g_autoptr(Message) answer = NULL;
    Message *call = message_new_call("Signal");

    if (guest_impossible()) {
        message_free(call);
        return;
    }
    guest = guest_start(NULL);
    call->parameters->signal = SIGUSR1;
    answer = call_answer(guest->client, call, NULL);
    g_assert_null(answer->error);
    assert_ends(guest, MESSAGE_REASON_DESTROYED, SIGUSR1);
}

static void
test_terminated_keeper(void)
{
    g_autoptr(Guest) guest = NULL;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    kill(guest->keeper, SIGHUP);
    kill(guest->keeper, SIGTERM);
    assert_ends(guest, MESSAGE_REASON_DESTROYED, SIGKILL);
}

/* As when a scope is stopped: both are asked, and init has ended first. */
static void
test_terminated_scope(void)
{
    g_autoptr(Guest) guest = NULL;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    kill(guest->keeper, SIGSTOP);
    kill(guest->init, SIGTERM);
    g_usleep(50 * 1000);
    kill(guest->keeper, SIGTERM);
    kill(guest->keeper, SIGCONT);
    assert_ends(guest, MESSAGE_REASON_DESTROYED, SIGTERM);
}

static void
test_killed_keeper(void)
{
    g_autoptr(Guest) guest = NULL;
    gint64 deadline = g_get_monotonic_time() + 5 * G_USEC_PER_SEC;
    char state;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    kill(guest->keeper, SIGKILL);
    waitpid(guest->keeper, NULL, 0);
    guest->keeper = 0;
    while ((state = process_state(guest->init)) != '\0' && state != 'Z') {
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_usleep(1000);
    }
    assert_no_file(guest, ".exit");
}

static void
test_all_clients_hear(void)
{
    g_autoptr(Guest) guest = NULL;
    g_autoptr(Message) status = NULL;
    g_autoptr(Message) event = NULL;
    g_autoptr(Message) end = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(Fd) other = -1;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    other = guest_connect(guest);
    status = call_succeeds(other, "GetStatus", NULL);
    kill(guest->init, SIGKILL);
    event = event_exited(other);
    end = message_receive(other, g_get_monotonic_time() + G_USEC_PER_SEC, NULL, &error);
    g_assert_no_error(error);
    g_assert_null(end);
    assert_ends(guest, MESSAGE_REASON_CRASHED, SIGKILL);
}

/* The keeper closes with the client's last calls unread; the kernel then says "reset" first. */
static void
test_event_survives_unread_calls(void)
{
    g_autoptr(Guest) guest = NULL;
    g_autoptr(Message) call = message_new_call("GetStatus");
    g_autoptr(Message) event = NULL;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    kill(guest->keeper, SIGSTOP);
    kill(guest->init, SIGKILL);
    while (process_state(guest->init) != 'Z')
        g_usleep(1000);
    g_assert_true(message_send(guest->client, call, NULL, 0, 0, NULL));
    g_assert_true(message_send(guest->client, call, NULL, 0, 0, NULL));
    kill(guest->keeper, SIGCONT);
    guest_left(guest, 0);
    do {
        g_autoptr(Message) answer = message_receive(guest->client, 0, NULL, NULL);

        g_assert_nonnull(answer);
        if (answer->event)
            event = g_steal_pointer(&answer);
    } while (!event);
    g_assert_cmpstr(event->event, ==, "exited");
}

static void
test_ignored_children(void)
{
    g_autoptr(Guest) guest = NULL;

    if (guest_impossible())
        return;
    guest = guest_start(&(GuestOptions){ .ignore_children = true });
    kill(guest->init, SIGHUP);
    assert_ends(guest, MESSAGE_REASON_REBOOT, SIGHUP);
}

static void
test_stray_child(void)
{
    g_autoptr(Guest) guest = NULL;
    g_autoptr(Message) status = NULL;
    g_autofree char *path = NULL;
    gint64 deadline = g_get_monotonic_time() + 5 * G_USEC_PER_SEC;
    g_autofree char *mine = NULL;

    if (guest_impossible())
        return;
    guest = guest_start(&(GuestOptions){ .stray_child = true });
    status = call_succeeds(guest->client, "GetStatus", NULL);
    path = g_strdup_printf("/proc/%d/task/%d/children", (int)guest->keeper, (int)guest->keeper);
    mine = g_strdup_printf("%d ", (int)guest->init);
    for (;;) {
        g_autofree char *children = NULL;

        g_assert_true(g_file_get_contents(path, &children, NULL, NULL));
        if (g_str_equal(children, mine))
            break;
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_usleep(1000);
    }
    kill(guest->init, SIGINT);
    assert_ends(guest, MESSAGE_REASON_SHUTDOWN, SIGINT);
}

static void
test_no_handover(void)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    const char *argv[] = { g_getenv("KEEPER"), "--name", "heron", "--keeper", NULL };
    int status = 0;

    if (guest_impossible())
        return;
    g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &text,
                 &status, &error);
    g_assert_no_error(error);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 1);
    g_assert_nonnull(
        strstr(text, "handover from the launcher: descriptor 3 is not a sealed memfd"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ending/an exit status is a shutdown", test_exit_status);
    g_test_add_func("/ending/signals tell shutdown, reboot and crash", test_deaths_by_signal);
    g_test_add_func("/ending/it is told when the guest runs out of memory", test_out_of_memory);
    g_test_add_func("/ending/Kill is recorded as destroyed", test_kill);
    g_test_add_func("/ending/a deadly Signal is recorded as destroyed", test_deadly_signal);
    g_test_add_func("/ending/a keeper that is terminated destroys its guest",
                    test_terminated_keeper);
    g_test_add_func("/ending/a guest whose scope is stopped is destroyed", test_terminated_scope);
    g_test_add_func("/ending/init dies with a killed keeper", test_killed_keeper);
    g_test_add_func("/ending/all clients get the event and the end", test_all_clients_hear);
    g_test_add_func("/ending/calls in flight do not lose the event",
                    test_event_survives_unread_calls);
    g_test_add_func("/ending/an inherited ignored SIGCHLD loses no status", test_ignored_children);
    g_test_add_func("/ending/other children are reaped", test_stray_child);
    g_test_add_func("/ending/without a handover it says so", test_no_handover);
    return g_test_run();
}
