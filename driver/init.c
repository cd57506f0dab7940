/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of inits and how each is recognised. */
#include "driver/init.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"
#include "driver/controller.h"

/* Real-time signals as systemd counts them: the C library keeps the kernel's first two for itself.
 */
#define RT(n) (34 + (n))

struct InitKind {
    const char *name;
    const char
        *program; /* of the executable; a final '*' stands for anything. NULL: by its signals */
    int shutdown; /* signal; 0: none */
    int reboot;
    bool ends;      /* a reboot merely ends it */
    bool initctl;   /* understands requests in its FIFO best */
    bool or_hangup; /* SIGHUP is as good when the signal above is not taken */
};

/* The kinds without a program are those of an executable that is just named "init". */
enum {
    KIND_SYSTEMD,
    KIND_BUSYBOX,
    KIND_SYSVINIT,
    KIND_UPSTART,
    KIND_OPENRC,
    KIND_RUNIT,
    KIND_S6,
    KIND_PROGRAM,
};

static const InitKind kinds[] = {
    [KIND_SYSTEMD] = { "systemd", "systemd*", RT(4), RT(5) },
    [KIND_BUSYBOX] = { "busybox init", "busybox*", SIGUSR2, SIGTERM },
    /* powers off only by its FIFO; SIGINT stands for the three keys, which reboot */
    [KIND_SYSVINIT] = { "sysvinit", NULL, 0, SIGINT, .initctl = true },
    [KIND_UPSTART] = { "upstart", "upstart*", SIGPWR, SIGINT },
    [KIND_OPENRC] = { "openrc-init", "openrc-init", SIGTERM, SIGINT },
    /* looks at its files, not only at signals: see runit-init(8) */
    [KIND_RUNIT] = { "runit", "runit*", 0, 0 },
    [KIND_S6] = { "s6-svscan", "s6-svscan", SIGTERM, SIGTERM, .ends = true },
    [KIND_PROGRAM] = { "a program of its own", "*", SIGTERM, SIGTERM, .ends = true,
                       .or_hangup = true },
};

static bool
takes(uint64_t set, int signal)
{
    return set & (UINT64_C(1) << (signal - 1));
}

static uint64_t
parse_set(const char *status, const char *key)
{
    const char *row = strstr(status, key);

    return row ? g_ascii_strtoull(row + strlen(key), NULL, 16) : 0;
}

uint64_t
init_parse_takes(const char *status)
{
    /* A blocked signal is never dropped: systemd, busybox and others block and wait for it. */
    return parse_set(status, "\nSigCgt:") | parse_set(status, "\nSigBlk:");
}

/* The target of a link in /proc, without what the kernel appends to a file that was replaced. */
static char *
read_link(const char *path)
{
    char target[4096];
    ssize_t length = readlink(path, target, sizeof(target) - 1);

    if (length < 0)
        return NULL;
    target[length] = '\0';
    if (g_str_has_suffix(target, " (deleted)"))
        target[length - strlen(" (deleted)")] = '\0';
    return g_strdup(target);
}

static bool
has_initctl_open(pid_t pid)
{
    g_autofree char *directory = g_strdup_printf("/proc/%d/fd", (int)pid);
    g_autoptr(GDir) listing = g_dir_open(directory, 0, NULL);
    const char *entry;
    bool found = false;

    while (!found && listing && (entry = g_dir_read_name(listing))) {
        g_autofree char *path = g_build_filename(directory, entry, NULL);
        g_autofree char *target = read_link(path);

        found = target && g_str_has_suffix(target, "/initctl");
    }
    return found;
}

/* Where it sleeps in the kernel. Some kernels write "0", User Mode Linux any name. */
static char *
read_sleep(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/wchan", (int)pid);
    char *place = NULL;

    return g_file_get_contents(path, &place, NULL, NULL) ? place : g_strdup("0");
}

bool
init_facts_read(pid_t pid, InitFacts *ret_facts, GError **error)
{
    g_autofree char *exe_path = g_strdup_printf("/proc/%d/exe", (int)pid);
    g_autofree char *comm_path = g_strdup_printf("/proc/%d/comm", (int)pid);
    g_autofree char *status_path = g_strdup_printf("/proc/%d/status", (int)pid);
    g_autofree char *exe = read_link(exe_path);
    g_autofree char *comm = NULL;
    g_autofree char *status = NULL;
    g_autofree char *sleep = NULL;

    if (!exe || !g_file_get_contents(comm_path, &comm, NULL, NULL) ||
        !g_file_get_contents(status_path, &status, NULL, NULL))
        return fail(error, FAILURE_OPERATION_FAILED, "init (process %d of the host) is gone",
                    (int)pid);
    sleep = read_sleep(pid);
    *ret_facts = (InitFacts){
        .program = g_path_get_basename(exe),
        .name = g_strdup(g_strchomp(comm)),
        .takes = init_parse_takes(status),
        .waiting = g_str_has_prefix(sleep, "do_sigtimedwait"),
        .sleeping = strstr(status, "\nState:\tS"),
        .initctl = has_initctl_open(pid),
    };
    return true;
}

void
init_facts_clear(InitFacts *facts)
{
    g_clear_pointer(&facts->program, g_free);
    g_clear_pointer(&facts->name, g_free);
}

/*
 * An executable named "init" does not say whose it is; its FIFO and its signals do. A program that
 * takes every signal to pass it on (a reaper for one child) takes SIGURG too, which inits do not.
 */
static const InitKind *
kind_by_signals(const InitFacts *facts)
{
    if (facts->initctl)
        return &kinds[KIND_SYSVINIT];
    if (facts->waiting)
        return &kinds[KIND_BUSYBOX];
    if (takes(facts->takes, SIGURG))
        return &kinds[KIND_PROGRAM];
    if (takes(facts->takes, SIGUSR1) && takes(facts->takes, SIGUSR2) &&
        takes(facts->takes, SIGTERM) && takes(facts->takes, SIGQUIT))
        return &kinds[KIND_BUSYBOX];
    if (takes(facts->takes, SIGPWR) && takes(facts->takes, SIGINT))
        return &kinds[KIND_UPSTART];
    return &kinds[KIND_PROGRAM];
}

static const InitKind *
kind_of(const InitFacts *facts)
{
    size_t i;

    if (g_str_equal(facts->program, "init"))
        return kind_by_signals(facts);
    /* busybox is a shell and much else as well: what it is now, its name tells */
    if (g_str_has_prefix(facts->program, "busybox") && !g_str_equal(facts->name, "init") &&
        !g_str_equal(facts->name, "linuxrc"))
        return &kinds[KIND_PROGRAM];
    for (i = 0; i < KIND_PROGRAM; i++) {
        if (kinds[i].program && g_pattern_match_simple(kinds[i].program, facts->program))
            return &kinds[i];
    }
    return &kinds[KIND_PROGRAM];
}

Init
init_classify(const InitFacts *facts)
{
    const InitKind *kind = kind_of(facts);
    /* This one handles or blocks what it knows all the time, except while it waits for it. */
    bool waiting = facts->waiting ||
                   (facts->sleeping && kind == &kinds[KIND_BUSYBOX] &&
                    !(takes(facts->takes, kind->shutdown) && takes(facts->takes, kind->reboot)));

    /* whoever waits for signals waits for those that end him, as far as can be known */
    return (Init){
        .kind = kind,
        .takes = waiting ? UINT64_MAX : facts->takes,
        .initctl = kind->initctl,
    };
}

const char *
init_kind_name(const Init *init)
{
    return init->kind->name;
}

static const char *
signal_text(int signal, char *buffer, size_t size)
{
    const char *name = sigabbrev_np(signal);

    if (signal >= RT(0))
        g_snprintf(buffer, size, "SIGRTMIN+%d", signal - RT(0));
    else
        g_snprintf(buffer, size, "SIG%s", name ? name : "?");
    return buffer;
}

bool
init_choose_signal(const Init *init, InitRequest request, InitChoice *ret_choice, GError **error)
{
    const InitKind *kind = init->kind;
    int signal = request == INIT_REBOOT ? kind->reboot : kind->shutdown;
    const char *verb = request == INIT_REBOOT ? "reboot" : "shut down";
    char text[32];

    if (!signal)
        return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                    "init is %s, which does not %s on a signal: do it inside the guest or use "
                    "destroy",
                    kind->name, verb);
    if (!takes(init->takes, signal) && kind->or_hangup && takes(init->takes, SIGHUP))
        signal = SIGHUP;
    if (!takes(init->takes, signal))
        return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                    "init is %s and does not handle %s, so the kernel would drop it: use destroy",
                    kind->name, signal_text(signal, text, sizeof(text)));
    *ret_choice = (InitChoice){ signal, kind->ends && request == INIT_REBOOT };
    return true;
}

bool
init_find(Domain *domain, pid_t *ret_pid, int *ret_pidfd, GError **error)
{
    g_autoptr(Message) call = message_new_call("GetStatus");
    g_autoptr(GArray) fds = NULL;
    g_autoptr(Message) status = controller_call(domain, call, &fds, error);
    int pidfd;

    if (!status)
        return false;
    pidfd = fds ? message_take_fd(fds, 0) : -1;
    if (pidfd < 0 || status->parameters->init_pid <= 1) {
        if (pidfd >= 0)
            close(pidfd);
        return fail(error, FAILURE_INTERNAL, "the controller of domain '%s' does not name init",
                    domain->name);
    }
    *ret_pid = (pid_t)status->parameters->init_pid;
    *ret_pidfd = pidfd;
    return true;
}

bool
init_is_alive(int pidfd)
{
    struct pollfd entry = { .fd = pidfd, .events = POLLIN };

    /* a pidfd becomes readable when its process has ended, reaped or not */
    return poll(&entry, 1, 0) == 0;
}

bool
init_detect(Domain *domain, Init *ret_init, GError **error)
{
    g_auto(Fd) pidfd = -1;
    InitFacts facts = { 0 };
    pid_t pid;
    Init init;

    if (!init_find(domain, &pid, &pidfd, error) || !init_facts_read(pid, &facts, error))
        return false;
    init = init_classify(&facts);
    init_facts_clear(&facts);
    if (!init_is_alive(pidfd))
        return fail(error, FAILURE_OPERATION_FAILED, "the guest of domain '%s' has just ended",
                    domain->name);
    *ret_init = init;
    return true;
}
