/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Freeze and Thaw on the freezers of this host, and on directories that only look like one. */
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/controller/keeper/guest.h"

/* A new group below @root, or NULL (and the test is skipped) where the host has no such hierarchy.
 */
static char *
group_new(const char *root, const char *file)
{
    g_autofree char *probe = NULL;
    char *path = g_strdup_printf("%s/keeper-test-%d", root, (int)getpid());

    g_mkdir(path, 0755);
    probe = g_build_filename(path, file, NULL);
    if (g_file_test(probe, G_FILE_TEST_EXISTS))
        return path;
    g_rmdir(path);
    g_free(path);
    g_test_skip("this host has no such freezer");
    return NULL;
}

static void
group_free(char *path)
{
    int tries;

    /* the last task leaves a little after it was reaped */
    for (tries = 0; path && g_rmdir(path) < 0 && errno == EBUSY; tries++) {
        g_assert_cmpint(tries, <, 1000);
        g_usleep(2000);
    }
    g_free(path);
}

static char *
group_read(const char *path, const char *file)
{
    g_autofree char *full = g_build_filename(path, file, NULL);
    char *text = NULL;

    g_assert_true(g_file_get_contents(full, &text, NULL, NULL));
    return text;
}

static bool
group_frozen(const char *path, int version)
{
    g_autofree char *text = group_read(path, version == 1 ? "freezer.state" : "cgroup.events");

    return strstr(text, version == 1 ? "FROZEN" : "frozen 1");
}

static void
assert_state(const Guest *guest, const char *state)
{
    g_autoptr(Message) status = call_succeeds(guest->client, "GetStatus", NULL);

    g_assert_cmpstr(status->parameters->state, ==, state);
}

static void
order(const Guest *guest, const char *method)
{
    G_GNUC_UNUSED g_autoptr(Message) answer = call_succeeds(guest->client, method, NULL);
}

static void
assert_destroyed(Guest *guest)
{
    g_autoptr(Message) event = event_exited(guest->client);

    g_assert_cmpstr(event->parameters->reason, ==, MESSAGE_REASON_DESTROYED);
    guest_left(guest, 0);
}

static void
suspend_and_resume(char *path, int version)
{
    GuestOptions options = { .freezer = path, .freezer_version = version };
    Guest *guest;
    int i;

    if (!path)
        return;
    guest = guest_start(&options);
    for (i = 0; i < 20; i++) {
        order(guest, "Freeze");
        g_assert_true(group_frozen(path, version));
        order(guest, "Freeze");
        assert_state(guest, "paused");
        order(guest, "Thaw");
        g_assert_false(group_frozen(path, version));
        order(guest, "Thaw");
        assert_state(guest, "running");
    }
    order(guest, "Freeze");
    order(guest, "Kill");
    assert_destroyed(guest);
    guest_free(guest);
    group_free(path);
}

static void
test_version_1(void)
{
    if (!guest_impossible())
        suspend_and_resume(group_new("/sys/fs/cgroup/freezer", "freezer.state"), 1);
}

static char *
group_new_version_2(void)
{
    if (g_file_test("/sys/fs/cgroup/cgroup.controllers", G_FILE_TEST_EXISTS))
        return group_new("/sys/fs/cgroup", "cgroup.freeze");
    return group_new("/sys/fs/cgroup/unified", "cgroup.freeze");
}

static void
test_version_2(void)
{
    if (!guest_impossible())
        suspend_and_resume(group_new_version_2(), 2);
}

static void
test_started_paused(void)
{
    GuestOptions options = { .freezer_version = 2, .paused = true };
    char *path;
    Guest *guest;

    if (guest_impossible() || !(path = group_new_version_2()))
        return;
    options.freezer = path;
    guest = guest_start(&options);
    assert_state(guest, "paused");
    order(guest, "Thaw");
    assert_state(guest, "running");
    order(guest, "Kill");
    assert_destroyed(guest);
    guest_free(guest);
    group_free(path);
}

static void
test_no_freezer(void)
{
    g_autoptr(Guest) guest = NULL;

    if (guest_impossible())
        return;
    guest = guest_start(NULL);
    call_fails(guest->client, message_new_call("Freeze"), "operation-unsupported",
               "no control group that can be suspended");
    assert_state(guest, "running");
}

/* A directory whose tasks never suspend. */
static char *
stubborn_new(void)
{
    char *path = g_dir_make_tmp("freezer-XXXXXX", NULL);
    g_autofree char *events = g_build_filename(path, "cgroup.events", NULL);
    g_autofree char *freeze = g_build_filename(path, "cgroup.freeze", NULL);

    g_assert_true(g_file_set_contents(events, "populated 1\nfrozen 0\n", -1, NULL));
    g_assert_true(g_file_set_contents(freeze, "-", -1, NULL));
    return path;
}

static void
stubborn_free(char *path)
{
    g_autofree char *events = g_build_filename(path, "cgroup.events", NULL);
    g_autofree char *freeze = g_build_filename(path, "cgroup.freeze", NULL);

    g_unlink(events);
    g_unlink(freeze);
    g_rmdir(path);
    g_free(path);
}

static void
wait_for_order(const char *path, const char *wanted)
{
    gint64 deadline = g_get_monotonic_time() + 5 * G_USEC_PER_SEC;

    for (;;) {
        g_autofree char *given = group_read(path, "cgroup.freeze");

        if (g_str_equal(given, wanted))
            return;
        g_assert_cmpint(g_get_monotonic_time(), <, deadline);
        g_usleep(1000);
    }
}

static void
test_never_suspended(void)
{
    GuestOptions options = { .freezer_version = 2 };
    g_autofree char *order_given = NULL;
    char *path;
    Guest *guest;

    if (guest_impossible())
        return;
    options.freezer = path = stubborn_new();
    guest = guest_start(&options);
    call_fails(guest->client, message_new_call("Freeze"), "operation-timeout",
               "could be suspended within 10 seconds; they were resumed");
    order_given = group_read(path, "cgroup.freeze");
    g_assert_cmpstr(order_given, ==, "0");
    assert_state(guest, "running");
    guest_free(guest);
    stubborn_free(path);
}

static void
test_while_changing(void)
{
    GuestOptions options = { .freezer_version = 2 };
    g_autoptr(Message) call = message_new_call("Freeze");
    g_autoptr(Message) answer = NULL;
    char *path;
    Guest *guest;
    int other;

    if (guest_impossible())
        return;
    options.freezer = path = stubborn_new();
    guest = guest_start(&options);
    other = guest_connect(guest);
    g_assert_true(message_send(other, call, NULL, 0, 0, NULL));
    wait_for_order(path, "1");
    call_fails(guest->client, message_new_call("Freeze"), "operation-invalid",
               "is being suspended or resumed");
    call_fails(guest->client, message_new_call("Thaw"), "operation-invalid",
               "is being suspended or resumed");
    order(guest, "Kill");
    answer = message_receive(other, g_get_monotonic_time() + G_USEC_PER_SEC, NULL, NULL);
    g_assert_nonnull(answer);
    g_assert_cmpstr(answer->error, ==, "operation-failed");
    assert_destroyed(guest);
    close(other);
    guest_free(guest);
    stubborn_free(path);
}

static void
test_end_while_changing(void)
{
    GuestOptions options = { .freezer_version = 2 };
    g_autoptr(Message) call = message_new_call("Freeze");
    g_autoptr(Message) answer = NULL;
    g_autoptr(Message) event = NULL;
    char *path;
    Guest *guest;

    if (guest_impossible())
        return;
    options.freezer = path = stubborn_new();
    guest = guest_start(&options);
    g_assert_true(message_send(guest->client, call, NULL, 0, 0, NULL));
    wait_for_order(path, "1");
    kill(guest->init, SIGKILL);
    answer = message_receive(guest->client, g_get_monotonic_time() + G_USEC_PER_SEC, NULL, NULL);
    g_assert_nonnull(answer);
    g_assert_cmpstr(answer->error, ==, "operation-failed");
    g_assert_cmpstr(answer->parameters->message, ==, "the guest has ended meanwhile");
    event = event_exited(guest->client);
    guest_left(guest, 0);
    guest_free(guest);
    stubborn_free(path);
}

static void
test_waiter_leaves(void)
{
    GuestOptions options = { .freezer_version = 2 };
    g_autoptr(Message) call = message_new_call("Freeze");
    g_autofree char *events = NULL;
    char *path;
    Guest *guest;
    int other;

    if (guest_impossible())
        return;
    options.freezer = path = stubborn_new();
    guest = guest_start(&options);
    other = guest_connect(guest);
    g_assert_true(message_send(other, call, NULL, 0, 0, NULL));
    g_usleep(50 * 1000);
    close(other);
    g_usleep(50 * 1000);
    events = g_build_filename(path, "cgroup.events", NULL);
    g_assert_true(g_file_set_contents(events, "populated 1\nfrozen 1\n", -1, NULL));
    g_usleep(100 * 1000);
    assert_state(guest, "paused");
    guest_free(guest);
    stubborn_free(path);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/freezer/version 1 suspends, resumes and kills", test_version_1);
    g_test_add_func("/freezer/version 2 suspends, resumes and kills", test_version_2);
    g_test_add_func("/freezer/a guest can start paused", test_started_paused);
    g_test_add_func("/freezer/without a group it is unsupported", test_no_freezer);
    g_test_add_func("/freezer/tasks that do not suspend are resumed", test_never_suspended);
    g_test_add_func("/freezer/one change at a time, but Kill always", test_while_changing);
    g_test_add_func("/freezer/a guest that ends answers the suspend first",
                    test_end_while_changing);
    g_test_add_func("/freezer/a suspend goes on without its client", test_waiter_leaves);
    return g_test_run();
}
