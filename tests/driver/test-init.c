/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which init is which, and what it is told. */
#include "driver/init.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/wire/failure.h"

#define BIT(signal) (UINT64_C(1) << ((signal)-1))

typedef struct {
    const char *name; /* of the case */
    const char *program;
    const char *comm;
    const char *status; /* lines of /proc/PID/status */
    enum {
        NOTHING,
        INITCTL,  /* it has the FIFO open */
        WAITING,  /* in sigtimedwait() */
        SLEEPING, /* asleep, nobody says where */
    } extra;
    const char *kind;
    int shutdown; /* 0: refused */
    int reboot;
    bool ends;
} Case;

/* Lines as in /proc/PID/status of such programs as pid 1 of a container. */
static const Case cases[] = {
    { "systemd", "systemd", "systemd",
      "Name:\tsystemd\nSigQ:\t0/1\nSigBlk:\t7fefc1fe28014a03\nSigIgn:\t0000000000001000\n"
      "SigCgt:\t00000000000004ec\n",
      NOTHING, "systemd", 38, 39, false },
    { "busybox", "busybox", "init",
      "Name:\tinit\nSigBlk:\t0000000000000000\nSigIgn:\t0000000180000000\n"
      "SigCgt:\t0000000000080000\n",
      WAITING, "busybox init", SIGUSR2, SIGTERM, false },
    { "busybox named init", "init", "init",
      "Name:\tinit\nSigBlk:\t0000000000000000\nSigCgt:\t0000000000080000\n", WAITING,
      "busybox init", SIGUSR2, SIGTERM, false },
    { "busybox where the kernel tells no place", "busybox", "init",
      "Name:\tinit\nSigBlk:\t0000000000000000\nSigCgt:\t0000000000080000\n", SLEEPING,
      "busybox init", SIGUSR2, SIGTERM, false },
    { "a program where the kernel tells no place", "server", "server",
      "Name:\tserver\nSigBlk:\t0000000000000000\nSigCgt:\t0000000000000000\n", SLEEPING,
      "a program of its own", 0, 0, false },
    { "a reaper named init", "init", "init",
      "Name:\tinit\nSigBlk:\tfffffffe7ffbfeff\nSigCgt:\t0000000000000000\n", NOTHING,
      "a program of its own", SIGTERM, SIGTERM, true },
    { "a reaper that waits", "tini", "tini",
      "Name:\ttini\nSigBlk:\t0000000000000000\nSigCgt:\t0000000000000000\n", WAITING,
      "a program of its own", SIGTERM, SIGTERM, true },
    { "busybox copied to init", "init", "init",
      "Name:\tinit\nSigBlk:\t0000000020014a07\nSigCgt:\t0000000000000000\n", NOTHING,
      "busybox init", SIGUSR2, SIGTERM, false },
    { "sysvinit", "init", "init",
      "Name:\tinit\nSigBlk:\t0000000000000000\nSigIgn:\tfffffffe57f0d8fc\n"
      "SigCgt:\t00000000280b2603\n",
      INITCTL, "sysvinit", 0, SIGINT, false },
    { "upstart", "init", "init",
      "Name:\tinit\nSigBlk:\t0000000000000000\nSigCgt:\t0000000030014003\n", NOTHING, "upstart",
      SIGPWR, SIGINT, false },
    { "openrc-init", "openrc-init", "openrc-init",
      "Name:\topenrc-init\nSigBlk:\t0000000000014002\nSigCgt:\t0000000000000000\n", NOTHING,
      "openrc-init", SIGTERM, SIGINT, false },
    { "runit", "runit", "runit",
      "Name:\trunit\nSigBlk:\t0000000000000000\nSigCgt:\t0000000000034002\n", NOTHING, "runit", 0,
      0, false },
    { "s6", "s6-svscan", "s6-svscan",
      "Name:\ts6-svscan\nSigBlk:\t0000000000000000\nSigCgt:\t0000000020014a07\n", false,
      "s6-svscan", SIGTERM, SIGTERM, true },
    { "a program that handles TERM", "tini", "tini",
      "Name:\ttini\nSigBlk:\tfffffffe7ffbfeff\nSigCgt:\t0000000000000000\n", false,
      "a program of its own", SIGTERM, SIGTERM, true },
    { "a program that handles HUP only", "server", "server",
      "Name:\tserver\nSigBlk:\t0000000000000000\nSigCgt:\t0000000000000001\n", false,
      "a program of its own", SIGHUP, SIGHUP, true },
    { "a shell of busybox", "busybox", "sh",
      "Name:\tsh\nSigBlk:\t0000000000000000\nSigCgt:\t0000000000000002\n", false,
      "a program of its own", 0, 0, false },
};

static void
assert_choice(const Init *init, InitRequest request, int expected, bool ends)
{
    g_autoptr(GError) error = NULL;
    InitChoice choice = { 0 };

    if (expected) {
        g_assert_true(init_choose_signal(init, request, &choice, &error));
        g_assert_no_error(error);
        g_assert_cmpint(choice.signal, ==, expected);
        g_assert_cmpint(choice.ends, ==, ends);
    } else {
        g_assert_false(init_choose_signal(init, request, &choice, &error));
        g_assert_error(error, FAILURE, FAILURE_OPERATION_UNSUPPORTED);
        g_assert_nonnull(strstr(error->message, "destroy"));
    }
}

static void
test_case(gconstpointer opaque)
{
    const Case *row = opaque;
    InitFacts facts = {
        .program = (char *)row->program,
        .name = (char *)row->comm,
        .takes = init_parse_takes(row->status),
        .initctl = row->extra == INITCTL,
        .waiting = row->extra == WAITING,
        .sleeping = row->extra == SLEEPING,
    };
    Init init = init_classify(&facts);

    g_assert_cmpstr(init_kind_name(&init), ==, row->kind);
    g_assert_cmpint(init.initctl, ==, row->extra == INITCTL);
    assert_choice(&init, INIT_SHUTDOWN, row->shutdown, false);
    assert_choice(&init, INIT_REBOOT, row->reboot, row->ends);
}

static void
test_dropped(void)
{
    InitFacts facts = { .program = (char *)"systemd", .name = (char *)"systemd" };
    Init init = init_classify(&facts);
    g_autoptr(GError) error = NULL;
    InitChoice choice;

    g_assert_false(init_choose_signal(&init, INIT_SHUTDOWN, &choice, &error));
    g_assert_cmpstr(error->message, ==,
                    "init is systemd and does not handle SIGRTMIN+4, so the kernel would drop it: "
                    "use destroy");
    g_clear_error(&error);
    facts.program = (char *)"sleep";
    init = init_classify(&facts);
    g_assert_false(init_choose_signal(&init, INIT_REBOOT, &choice, &error));
    g_assert_cmpstr(error->message, ==,
                    "init is a program of its own and does not handle SIGTERM, so the kernel would "
                    "drop it: use destroy");
}

static void
test_ignored(void)
{
    /* SigIgn is no way to take a signal, and a key at the start of the text is none */
    g_assert_cmpuint(init_parse_takes("SigCgt:\tf\nSigIgn:\tff\nSigBlk:\t2\n"), ==, BIT(SIGINT));
    g_assert_cmpuint(init_parse_takes("\nSigBlk:\t4000\nSigCgt:\t1\n"), ==,
                     BIT(SIGTERM) | BIT(SIGHUP));
    g_assert_cmpuint(init_parse_takes(""), ==, 0);
}

static void
do_nothing(int number)
{
}

static void
test_self(void)
{
    g_autofree char *exe = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *program = g_path_get_basename(exe);
    g_autoptr(GError) error = NULL;
    InitFacts facts = { 0 };

    signal(SIGUSR2, SIG_IGN);
    g_assert_true(init_facts_read(getpid(), &facts, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(facts.program, ==, program);
    g_assert_false(facts.initctl);
    g_assert_cmpuint(facts.takes & BIT(SIGUSR2), ==, 0);
    init_facts_clear(&facts);

    signal(SIGUSR2, do_nothing);
    g_assert_true(init_facts_read(getpid(), &facts, &error));
    g_assert_cmpuint(facts.takes & BIT(SIGUSR2), !=, 0);
    init_facts_clear(&facts);
    signal(SIGUSR2, SIG_DFL);
}

static void
test_gone(void)
{
    g_autoptr(GError) error = NULL;
    InitFacts facts = { 0 };
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
    g_assert_false(init_facts_read(child, &facts, &error));
    g_assert_error(error, FAILURE, FAILURE_OPERATION_FAILED);
}

int
main(int argc, char **argv)
{
    size_t i;

    g_test_init(&argc, &argv, NULL);
    for (i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path =
            g_strdup_printf("/init/%s is told what it understands", cases[i].name);

        g_test_add_data_func(path, &cases[i], test_case);
    }
    g_test_add_func("/init/a signal that would be dropped is refused by name", test_dropped);
    g_test_add_func("/init/only caught and blocked signals are taken", test_ignored);
    g_test_add_func("/init/facts come from the kernel", test_self);
    g_test_add_func("/init/a process that is gone is an error", test_gone);
    return g_test_run();
}
