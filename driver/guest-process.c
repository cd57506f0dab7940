/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding processes by their number in a guest, and signals to them. */
#include "driver/guest-process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup/layout.h"
#include "cgroup/tree.h"
#include "controller/wire/failure.h"
#include "driver/host.h"
#include "driver/spawn.h"

typedef struct {
    int64_t pid; /* as of the call */
    int signal;
    unsigned found;
    int number; /* errno of a signal that was refused */
} Search;

/* The second number of a line of /proc/PID/status, which is that in the guest: the first is ours,
 * later ones are of containers in it. 0: there is none. */
static int64_t
number_in_guest(const char *status, const char *key)
{
    const char *line = strstr(status, key);
    char *end;

    if (!line)
        return 0;
    strtoll(line + strlen(key), &end, 10);
    return *end == '\t' ? strtoll(end, NULL, 10) : 0;
}

static void
try_process(Search *search, pid_t pid)
{
    g_auto(Fd) pidfd = spawn_pidfd(pid);
    g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)pid);
    g_autofree char *status = NULL;

    /* the descriptor first: what is read then is of the process it is of, or that has ended */
    if (pidfd < 0 || !g_file_get_contents(path, &status, NULL, NULL))
        return;
    if (search->pid > 0 ? number_in_guest(status, "\nNSpid:\t") != search->pid
                        : number_in_guest(status, "\nNSpgid:\t") != -search->pid)
        return;
    if (syscall(SYS_pidfd_send_signal, pidfd, search->signal, NULL, 0) == 0)
        search->found++;
    else if (errno != ESRCH)
        search->number = errno;
}

static void
visit(int group, gpointer data)
{
    g_autofree char *pids = cgroup_file_read(group, "cgroup.procs");
    char *at = pids;

    while (at && *at) {
        long pid = strtol(at, &at, 10);

        if (pid > 0)
            try_process(data, (pid_t)pid);
        at += strspn(at, "\n");
    }
}

bool
guest_process_signal(const Usage *usage, int64_t pid, int signal, GError **error)
{
    Search search = { .pid = pid, .signal = signal };
    g_auto(Fd) group = -1;

    if (!usage->group)
        return fail(error, FAILURE_OPERATION_INVALID, "domain is not running");
    if ((group = cgroup_open(host_cgroups(), CGROUP_FREEZER, usage->group, error)) < 0)
        return false;
    cgroup_tree_visit(group, visit, &search);
    if (search.found > 0)
        return true;
    if (search.number)
        return fail_errno(error, search.number,
                          "cannot send signal %d to process %" G_GINT64_FORMAT " of domain '%s'",
                          signal, pid, usage->domain->name);
    return fail(error, FAILURE_INVALID_ARG, "domain '%s' has no process%s %" G_GINT64_FORMAT,
                usage->domain->name, pid < 0 ? " group" : "", pid < 0 ? -pid : pid);
}
