/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sealed texts, the hand-over to the keeper, and the names of failures. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"
#include "controller/wire/handover.h"
#include "controller/wire/sealed.h"

static void
test_sealed(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    g_auto(Fd) fd = sealed_new("test", "hello\0world", 11, &error);
    size_t length;

    g_assert_no_error(error);
    g_assert_cmpint(fcntl(fd, F_GETFD), ==, FD_CLOEXEC);
    g_assert_cmpint(write(fd, "x", 1), ==, -1);
    g_assert_cmpint(errno, ==, EPERM);
    g_assert_cmpint(ftruncate(fd, 0), ==, -1);
    text = sealed_read(fd, 11, &length, &error);
    g_assert_no_error(error);
    g_assert_cmpmem(text, length, "hello\0world", 11);
    g_assert_cmpint(text[11], ==, '\0');
}

static void
test_sealed_refusals(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(Fd) sealed = sealed_new("test", "hello", 5, NULL);
    g_auto(Fd) open_one = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    g_assert_null(sealed_read(sealed, 4, NULL, &error));
    g_assert_error(error, FAILURE, FAILURE_INTERNAL);
    g_assert_true(g_str_has_suffix(error->message, "has 5 bytes, more than the limit of 4"));
    g_clear_error(&error);
    g_assert_null(sealed_read(open_one, 100, NULL, &error));
    g_assert_true(g_str_has_suffix(error->message, "is not a sealed memfd"));
    g_clear_error(&error);
    g_assert_null(sealed_read(STDIN_FILENO, 100, NULL, &error));
    g_assert_cmpstr(error->message, ==, "descriptor 0 is not a sealed memfd");
}

static void
test_handover(void)
{
    g_autoptr(KeeperState) state = keeper_state_new();
    g_autoptr(KeeperState) got = NULL;
    KeeperConsole *console = json_new(&keeper_console_type);
    g_autoptr(GError) error = NULL;
    g_auto(Fd) fd = -1;

    g_assert_cmpint(state->client, ==, -1);
    g_assert_cmpint(state->freezer, ==, -1);
    state->name = g_strdup("heron");
    state->init_pid = 4242;
    state->init_pidfd = 5;
    state->listener = 6;
    state->state_directory = 0; /* also a descriptor */
    state->paused = true;
    *console = (KeeperConsole){ g_strdup("console0"), 7, 8, g_strdup("/dev/pts/6") };
    g_ptr_array_add(state->consoles, console);

    fd = keeper_state_seal(state, &error);
    g_assert_no_error(error);
    got = keeper_state_read(fd, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(got->name, ==, "heron");
    g_assert_cmpint(got->init_pid, ==, 4242);
    g_assert_cmpint(got->state_directory, ==, 0);
    g_assert_cmpint(got->client, ==, -1);
    g_assert_true(got->paused);
    g_assert_false(got->continue_pending);
    console = got->consoles->pdata[0];
    g_assert_cmpint(console->host, ==, 8);
    g_assert_cmpstr(console->path, ==, "/dev/pts/6");
}

static void
test_handover_refusals(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(Fd) fd = sealed_new("test", "{\"name\":\"n\"}", 12, NULL);

    g_assert_null(keeper_state_read(fd, &error));
    g_assert_cmpstr(error->message, ==, "handover from the launcher: initPid: missing");
    g_clear_error(&error);
    g_assert_null(keeper_state_read(-1, &error));
    g_assert_cmpstr(error->message, ==,
                    "handover from the launcher: descriptor -1 is not a sealed memfd");
}

static void
test_failures(void)
{
    g_autoptr(GError) error = NULL;
    int code;

    for (code = 0; code < FAILURE_LAST; code++)
        g_assert_cmpint(failure_code_from_name(failure_code_name(code)), ==, code);
    g_assert_cmpint(failure_code_from_name("nonsense"), ==, FAILURE_INTERNAL);
    g_assert_cmpint(failure_code_from_name(NULL), ==, FAILURE_INTERNAL);
    g_assert_cmpstr(failure_code_name(FAILURE_LAST), ==, "internal");

    g_assert_false(fail_errno(&error, ENOENT, "cannot bind '%s'", "/srv"));
    g_assert_error(error, FAILURE, FAILURE_SYSTEM);
    g_assert_cmpstr(error->message, ==, "cannot bind '/srv': No such file or directory");
    g_assert_false(fail(NULL, FAILURE_XML, "nobody listens"));
    g_assert_cmpstr(g_quark_to_string(FAILURE), ==, "caisson-failure-quark");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sealed/a sealed text can be read and not changed", test_sealed);
    g_test_add_func("/sealed/other descriptors are refused", test_sealed_refusals);
    g_test_add_func("/handover/the keeper gets what the launcher gave", test_handover);
    g_test_add_func("/handover/refusals name the place", test_handover_refusals);
    g_test_add_func("/failure/codes have names and messages", test_failures);
    return g_test_run();
}
