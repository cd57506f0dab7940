/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What launcher and guest inherit from the daemon is set to what a fresh system has. */
#include "controller/launcher/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "controller/kernel.h"
#include "controller/launcher/steps.h"
#include "controller/wire/failure.h"

/* As the kernel and service managers give them to the first process. Numbers of processes, signals
 * and locks depend on the size of the machine and stay as they are. */
static const struct {
    int resource;
    const char *name;
    rlim_t soft;
    rlim_t hard;
} limits[] = {
    { RLIMIT_AS, "address space", RLIM_INFINITY, RLIM_INFINITY },
    { RLIMIT_CORE, "core size", 0, RLIM_INFINITY },
    { RLIMIT_CPU, "processor time", RLIM_INFINITY, RLIM_INFINITY },
    { RLIMIT_DATA, "data", RLIM_INFINITY, RLIM_INFINITY },
    { RLIMIT_FSIZE, "file size", RLIM_INFINITY, RLIM_INFINITY },
    { RLIMIT_MEMLOCK, "locked memory", 8 << 20, 8 << 20 },
    { RLIMIT_MSGQUEUE, "message queues", 819200, 819200 },
    { RLIMIT_NICE, "nice", 0, 0 },
    { RLIMIT_NOFILE, "open files", 1024, 524288 },
    { RLIMIT_RSS, "resident memory", RLIM_INFINITY, RLIM_INFINITY },
    { RLIMIT_RTPRIO, "real-time priority", 0, 0 },
    { RLIMIT_RTTIME, "real-time processor time", RLIM_INFINITY, RLIM_INFINITY },
    { RLIMIT_STACK, "stack", 8 << 20, RLIM_INFINITY },
};

static bool
limits_reset(GError **error)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(limits); i++) {
        struct rlimit limit = { limits[i].soft, limits[i].hard };
        struct rlimit present;

        if (setrlimit(limits[i].resource, &limit) == 0)
            continue;
        /* without CAP_SYS_RESOURCE, or above fs.nr_open: as far as it goes */
        if (errno == EPERM && getrlimit(limits[i].resource, &present) == 0) {
            limit.rlim_max = present.rlim_max;
            limit.rlim_cur = MIN(limit.rlim_cur, limit.rlim_max);
            if (setrlimit(limits[i].resource, &limit) == 0)
                continue;
        }
        return fail_errno(error, errno, "cannot reset the limit of %s", limits[i].name);
    }
    return true;
}

/*
 * By the system calls: the C library does not let go of the two signals that it uses itself, which
 * posix_spawn() in the daemon left ignored.
 */
void
process_reset_signals(void)
{
    /* the kernel's struct sigaction, all of it zero: SIG_DFL */
    static const unsigned long standard[8];
    static const uint64_t none;
    int number;

    for (number = 1; number < NSIG; number++)
        syscall(SYS_rt_sigaction, number, standard, NULL, sizeof(none));
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
}

static int
compare_fds(gconstpointer one, gconstpointer other)
{
    return *(const int *)one - *(const int *)other;
}

void
process_close_others(GArray *kept)
{
    int next = STDERR_FILENO + 1;
    guint i;

    g_array_sort(kept, compare_fds);
    for (i = 0; i < kept->len; i++) {
        int fd = g_array_index(kept, int, i);

        if (fd < next)
            continue;
        if (fd > next)
            close_range(next, fd - 1, 0);
        next = fd + 1;
    }
    close_range(next, ~0U, 0);
}

static bool
oom_score_reset(GError **error)
{
    g_auto(Fd) fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    /* where the daemon protects itself from the out-of-memory killer, its guests are not protected
     */
    if (fd < 0 || write(fd, "0", 1) != 1)
        return fail_errno(error, errno, "cannot reset '/proc/self/oom_score_adj'");
    return true;
}

bool
process_reset(GError **error)
{
    process_reset_signals();
    umask(022);
    /* the daemon may have done it already */
    setsid();
    if (chdir("/") < 0)
        return fail_errno(error, errno, "cannot change to '/'");
    /* neither guest nor launcher may be traced, or read through /proc, by what runs in the guest */
    if (prctl(PR_SET_DUMPABLE, 0) < 0)
        return fail_errno(error, errno, "cannot become non-dumpable");
    /* a keyring of our own: the daemon's keys are not the guest's; a kernel without keys has none
     */
    kernel_keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0);
    return oom_score_reset(error) && limits_reset(error);
}

bool
process_prepare(Launch *launch, GError **error)
{
    launch->reset = process_reset(error);
    return launch->reset;
}

bool
process_begin(Launch *launch, GError **error)
{
    return launch->reset || process_prepare(launch, error);
}
