/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that reach into a running guest: consoles, namespaces, signals. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

#include <libvirt/libvirt-lxc.h>

#include "controller/wire/failure.h"
#include "driver/abi/stream.h"
#include "driver/api.h"
#include "driver/controller.h"
#include "driver/guest-process.h"
#include "driver/init.h"
#include "driver/operation.h"
#include "driver/report.h"

#define START_SECONDS 30

/*
 * With the lock held: waits until a guest that is being started (or restarted) can be reached.
 * These calls take no busy, and a client may well know of a guest before it runs.
 */
static void
await_start(Domain *domain)
{
    gint64 deadline = g_get_monotonic_time() + START_SECONDS * G_TIME_SPAN_SECOND;

    while (domain->busy &&
           (!domain->guest || (!domain->guest->started && !domain->guest->foreign))) {
        if (!g_cond_wait_until(&domain->changed, &domain->lock, deadline))
            return;
    }
}

/* The guest is ours and has console @alias (NULL: any). */
static bool
check_console(Domain *domain, const char *alias, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    await_start(domain);
    if (!domain_expect(domain, DOMAIN_OURS, error))
        return false;
    if (definition_console(domain->live, alias))
        return true;
    return alias ? fail(error, FAILURE_INTERNAL, "domain '%s' has no console device '%s'",
                        domain->name, alias)
                 : fail(error, FAILURE_INTERNAL, "domain '%s' has no console", domain->name);
}

static bool
open_console(Domain *domain, const char *alias, unsigned int flags, int *ret_fd, GError **error)
{
    g_autoptr(Message) call = message_new_call("OpenConsole");
    g_autoptr(Message) reply = NULL;
    g_autoptr(GArray) fds = NULL;

    call->parameters->alias = g_strdup(alias);
    call->parameters->force = flags & VIR_DOMAIN_CONSOLE_FORCE;
    call->parameters->safe = flags & VIR_DOMAIN_CONSOLE_SAFE;
    if (!(reply = controller_call(domain, call, &fds, error)))
        return false;
    if (!fds || (*ret_fd = message_take_fd(fds, 0)) < 0)
        return fail(error, FAILURE_INTERNAL, "the controller of domain '%s' sent no console",
                    domain->name);
    return true;
}

/* Takes no busy: whoever is stuck in an operation needs the console most. */
static int
api_domain_open_console(virDomainPtr handle, const char *alias, virStreamPtr stream,
                        unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain = NULL;
    g_auto(Fd) fd = -1;

    if (!report_check_flags(flags, VIR_DOMAIN_CONSOLE_FORCE | VIR_DOMAIN_CONSOLE_SAFE))
        return -1;
    domain = domain_reach(handle, ACL(virDomainOpenConsoleEnsureACL), &error);
    if (!domain || !check_console(domain, alias, &error) ||
        !open_console(domain, alias, flags, &fd, &error) || !stream_open_fd(stream, fd, &error))
        return report(error);
    fd_steal(&fd);
    return 0;
}

/* The order is what clients count on. */
static const char *const namespaces[] = { "user", "ipc", "uts", "net", "pid", "mnt" };

/* All of them, also one the guest shares with the host: libvirt's clients pass over a namespace
 * that they are in already. */
static bool
add_namespace(GArray *fds, pid_t pid, const char *name, GError **error)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/ns/%s", (int)pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return fail_errno(error, errno, "cannot open namespace '%s'", path);
    g_array_append_val(fds, fd);
    return true;
}

static void
close_at(gpointer fd)
{
    fd_close(fd);
}

/* All of them, of one living process: GArray of int that owns them. */
static GArray *
open_namespaces(Domain *domain, GError **error)
{
    g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));
    g_auto(Fd) pidfd = -1;
    pid_t pid;
    size_t i;

    g_array_set_clear_func(fds, close_at);
    if (!init_find(domain, &pid, &pidfd, error))
        return NULL;
    for (i = 0; i < G_N_ELEMENTS(namespaces); i++) {
        if (!add_namespace(fds, pid, namespaces[i], error))
            return NULL;
    }
    if (!init_is_alive(pidfd)) {
        fail(error, FAILURE_OPERATION_FAILED, "the guest of domain '%s' has just ended",
             domain->name);
        return NULL;
    }
    return g_steal_pointer(&fds);
}

static bool
check_ours(Domain *domain, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    await_start(domain);
    return domain_expect(domain, DOMAIN_OURS, error);
}

static int
api_domain_lxc_open_namespace(virDomainPtr handle, int **fdlist, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain = NULL;
    g_autoptr(GArray) fds = NULL;
    int count;

    if (!report_check_flags(flags, 0))
        return -1;
    domain = domain_reach(handle, ACL(virDomainLxcOpenNamespaceEnsureACL), &error);
    if (!domain || !check_ours(domain, &error) || !(fds = open_namespaces(domain, &error)))
        return report(error);
    count = fds->len;
    g_array_set_clear_func(fds, NULL); /* the descriptors become the caller's */
    *fdlist = (int *)g_array_free(g_steal_pointer(&fds), FALSE);
    return count;
}

/* Kernel numbers of this architecture for VIR_DOMAIN_PROCESS_SIGNAL_*, whose order is x86's. */
static const int signal_numbers[VIR_DOMAIN_PROCESS_SIGNAL_RT0] = {
    [VIR_DOMAIN_PROCESS_SIGNAL_HUP] = SIGHUP,       [VIR_DOMAIN_PROCESS_SIGNAL_INT] = SIGINT,
    [VIR_DOMAIN_PROCESS_SIGNAL_QUIT] = SIGQUIT,     [VIR_DOMAIN_PROCESS_SIGNAL_ILL] = SIGILL,
    [VIR_DOMAIN_PROCESS_SIGNAL_TRAP] = SIGTRAP,     [VIR_DOMAIN_PROCESS_SIGNAL_ABRT] = SIGABRT,
    [VIR_DOMAIN_PROCESS_SIGNAL_BUS] = SIGBUS,       [VIR_DOMAIN_PROCESS_SIGNAL_FPE] = SIGFPE,
    [VIR_DOMAIN_PROCESS_SIGNAL_KILL] = SIGKILL,     [VIR_DOMAIN_PROCESS_SIGNAL_USR1] = SIGUSR1,
    [VIR_DOMAIN_PROCESS_SIGNAL_SEGV] = SIGSEGV,     [VIR_DOMAIN_PROCESS_SIGNAL_USR2] = SIGUSR2,
    [VIR_DOMAIN_PROCESS_SIGNAL_PIPE] = SIGPIPE,     [VIR_DOMAIN_PROCESS_SIGNAL_ALRM] = SIGALRM,
    [VIR_DOMAIN_PROCESS_SIGNAL_TERM] = SIGTERM,     [VIR_DOMAIN_PROCESS_SIGNAL_CHLD] = SIGCHLD,
    [VIR_DOMAIN_PROCESS_SIGNAL_CONT] = SIGCONT,     [VIR_DOMAIN_PROCESS_SIGNAL_STOP] = SIGSTOP,
    [VIR_DOMAIN_PROCESS_SIGNAL_TSTP] = SIGTSTP,     [VIR_DOMAIN_PROCESS_SIGNAL_TTIN] = SIGTTIN,
    [VIR_DOMAIN_PROCESS_SIGNAL_TTOU] = SIGTTOU,     [VIR_DOMAIN_PROCESS_SIGNAL_URG] = SIGURG,
    [VIR_DOMAIN_PROCESS_SIGNAL_XCPU] = SIGXCPU,     [VIR_DOMAIN_PROCESS_SIGNAL_XFSZ] = SIGXFSZ,
    [VIR_DOMAIN_PROCESS_SIGNAL_VTALRM] = SIGVTALRM, [VIR_DOMAIN_PROCESS_SIGNAL_PROF] = SIGPROF,
    [VIR_DOMAIN_PROCESS_SIGNAL_WINCH] = SIGWINCH,   [VIR_DOMAIN_PROCESS_SIGNAL_POLL] = SIGPOLL,
    [VIR_DOMAIN_PROCESS_SIGNAL_PWR] = SIGPWR,       [VIR_DOMAIN_PROCESS_SIGNAL_SYS] = SIGSYS,
#ifdef SIGSTKFLT
    [VIR_DOMAIN_PROCESS_SIGNAL_STKFLT] = SIGSTKFLT,
#endif
};

/* Real-time signals are counted from the kernel's first one, not from that of the C library. */
#define KERNEL_SIGRTMIN 32

static bool
parse_signal(unsigned int number, int *ret_signal, GError **error)
{
    if (number > VIR_DOMAIN_PROCESS_SIGNAL_RT32)
        return fail(error, FAILURE_INVALID_ARG, "signal number %u is not between 0 and %d", number,
                    VIR_DOMAIN_PROCESS_SIGNAL_RT32);
    *ret_signal = number >= VIR_DOMAIN_PROCESS_SIGNAL_RT0
                      ? (int)number - VIR_DOMAIN_PROCESS_SIGNAL_RT0 + KERNEL_SIGRTMIN
                      : signal_numbers[number];
    if (*ret_signal == 0 && number != VIR_DOMAIN_PROCESS_SIGNAL_NOP)
        return fail(error, FAILURE_INVALID_ARG, "this architecture has no signal number %u",
                    number);
    return true;
}

static bool
send_signal(Domain *domain, int signal, GError **error)
{
    g_autoptr(Message) call = message_new_call("Signal");
    g_autoptr(Message) reply = NULL;

    /* nothing to send: the question is whether init is there, and the controller's word for it */
    if (signal == 0)
        return controller_request(domain, "GetStatus", error);
    call->parameters->signal = signal;
    reply = controller_call(domain, call, NULL, error);
    return reply != NULL;
}

/* The controller sends signals to init, of which it notes those that end it; others get them from
 * here. */
static bool
signal_other(Domain *domain, long long pid, int signal, GError **error)
{
    g_auto(Usage) usage = { 0 };

    if (pid == 0)
        return fail(error, FAILURE_INVALID_ARG,
                    "there is no process 0: give the number of a process, or of a process group "
                    "as a negative number");
    g_mutex_lock(&domain->lock);
    usage_begin(&usage, domain);
    g_mutex_unlock(&domain->lock);
    return guest_process_signal(&usage, pid, signal, error);
}

static int
api_domain_send_process_signal(virDomainPtr handle, long long pid, unsigned int number,
                               unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain = NULL;
    int signal;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!(domain = domain_reach(handle, ACL(virDomainSendProcessSignalEnsureACL), &error)))
        return report(error);
    if (!parse_signal(number, &signal, &error) || !check_ours(domain, &error) ||
        !(pid == 1 ? send_signal(domain, signal, &error)
                   : signal_other(domain, pid, signal, &error)))
        return report(error);
    return 0;
}

const ApiSlot guest_api[] = {
    API(domainOpenConsole, api_domain_open_console),
    API(domainLxcOpenNamespace, api_domain_lxc_open_namespace),
    API(domainSendProcessSignal, api_domain_send_process_signal),
    { NULL, NULL },
};
