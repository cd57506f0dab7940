/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits of each process of the guest. The launcher sets those of init, from the host: they would
 * bind the steps of the start as well, and a user namespace cannot raise any.
 */
#include "controller/launcher/process-limits.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "controller/launcher/steps.h"
#include "controller/wire/failure.h"

static const struct {
    const char *name;
    int resource;
} resources[] = {
    { "RLIMIT_AS", RLIMIT_AS },
    { "RLIMIT_CORE", RLIMIT_CORE },
    { "RLIMIT_CPU", RLIMIT_CPU },
    { "RLIMIT_DATA", RLIMIT_DATA },
    { "RLIMIT_FSIZE", RLIMIT_FSIZE },
    { "RLIMIT_LOCKS", RLIMIT_LOCKS },
    { "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK },
    { "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE },
    { "RLIMIT_NICE", RLIMIT_NICE },
    { "RLIMIT_NOFILE", RLIMIT_NOFILE },
    { "RLIMIT_NPROC", RLIMIT_NPROC },
    { "RLIMIT_RSS", RLIMIT_RSS },
    { "RLIMIT_RTPRIO", RLIMIT_RTPRIO },
    { "RLIMIT_RTTIME", RLIMIT_RTTIME },
    { "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING },
    { "RLIMIT_STACK", RLIMIT_STACK },
};

static bool
set_limit(const ContainerRlimit *wanted, pid_t pid, GError **error)
{
    const struct rlimit limit = { wanted->soft, wanted->hard };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(resources); i++) {
        if (!g_str_equal(resources[i].name, wanted->type))
            continue;
        if (prlimit(pid, resources[i].resource, &limit, NULL) < 0)
            return fail_errno(error, errno,
                              "cannot set %s to %" G_GUINT64_FORMAT " (hard: %" G_GUINT64_FORMAT
                              ")",
                              wanted->type, wanted->soft, wanted->hard);
        return true;
    }
    return fail(error, FAILURE_CONFIG_UNSUPPORTED, "unknown limit '%s'", wanted->type);
}

static bool
set_oom_score(int64_t adjust, pid_t pid, GError **error)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/oom_score_adj", pid);
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, adjust);
    g_auto(Fd) fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        return fail_errno(error, errno, "cannot set the oom score to %s", text);
    return true;
}

bool
limits_apply(const ContainerProcess *process, pid_t pid, GError **error)
{
    guint i;

    for (i = 0; i < process->rlimits->len; i++) {
        if (!set_limit(process->rlimits->pdata[i], pid, error))
            return false;
    }
    return process->oom_score_adj == 0 || set_oom_score(process->oom_score_adj, pid, error);
}

bool
limits_set(Launch *launch, GError **error)
{
    return limits_apply(launch->container->process, launch->init, error);
}
