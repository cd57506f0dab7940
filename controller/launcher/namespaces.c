/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process that becomes init, born in its namespaces. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/kernel.h"
#include "controller/launcher/process.h"
#include "controller/launcher/steps.h"
#include "controller/launcher/sync.h"
#include "controller/mounts/idmap.h"
#include "controller/wire/failure.h"

static const struct {
    const char *type; /* in the definition */
    const char *file; /* in /proc/self/ns */
    int flag;
} kinds[] = {
    { "user", "user", CLONE_NEWUSER }, { "mount", "mnt", CLONE_NEWNS },
    { "pid", "pid", CLONE_NEWPID },    { "uts", "uts", CLONE_NEWUTS },
    { "ipc", "ipc", CLONE_NEWIPC },    { "network", "net", CLONE_NEWNET },
};

/* Kinds the launcher can join and leave again; init inherits them, whatever its user namespace may.
 */
#define JOINABLE (CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET)

/* How long init may take to die when a start is undone. */
#define KILL_MS 5000

/* Joins the namespace at @path for the time of the clone; *ret_own is the way back. */
static bool
join(const char *path, size_t kind, Fd *ret_own, GError **error)
{
    g_autofree char *own = g_strconcat("/proc/self/ns/", kinds[kind].file, NULL);
    g_auto(Fd) target = -1;

    if (!(kinds[kind].flag & JOINABLE))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED, "a %s namespace cannot be shared",
                    kinds[kind].type);
    if ((*ret_own = open(own, O_RDONLY | O_CLOEXEC)) < 0)
        return fail_errno(error, errno, "cannot open '%s'", own);
    if ((target = open(path, O_RDONLY | O_CLOEXEC)) < 0 || setns(target, kinds[kind].flag) < 0)
        return fail_errno(error, errno, "cannot join the %s namespace '%s'", kinds[kind].type,
                          path);
    return true;
}

/* Making one takes the kernel longer than all other kinds together. */
bool
namespaces_prepare(Launch *launch, GError **error)
{
    g_auto(Fd) own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    bool started;

    if (own < 0 || unshare(CLONE_NEWNET) < 0 ||
        (launch->network = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) < 0)
        return fail_errno(error, errno, "cannot create a network namespace");
    started = network_start_loopback(error);
    return setns(own, CLONE_NEWNET) == 0
               ? started
               : fail_errno(started ? error : NULL, errno,
                            "cannot return to the host's network namespace");
}

/* One made ahead belongs to the host's user namespace, so only guests without their own get it. */
static bool
join_prepared(const Launch *launch, size_t kind, Fd *own, GError **error)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", launch->network);

    return join(path, kind, own, error);
}

static bool
leave(Fd *own, GError **error)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (own[i] >= 0 && setns(own[i], kinds[i].flag) < 0)
            return fail_errno(error, errno, "cannot return to the host's %s namespace",
                              kinds[i].type);
        fd_close(&own[i]);
    }
    return true;
}

static bool
prepare(const Launch *launch, uint64_t *ret_flags, Fd *own, GError **error)
{
    const GPtrArray *namespaces = launch->container->os->namespaces;
    size_t kind;
    guint i;

    *ret_flags = 0;
    for (i = 0; i < namespaces->len; i++) {
        const ContainerNamespace *wanted = g_ptr_array_index(namespaces, i);

        for (kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
            if (!g_str_equal(kinds[kind].type, wanted->type))
                continue;
            if (wanted->path) {
                if (!join(wanted->path, kind, &own[kind], error))
                    return false;
            } else if (kinds[kind].flag == CLONE_NEWNET && launch->network >= 0 &&
                       !launch->user_namespace) {
                if (!join_prepared(launch, kind, &own[kind], error))
                    return false;
            } else {
                *ret_flags |= kinds[kind].flag;
            }
        }
    }
    if ((*ret_flags & (CLONE_NEWNS | CLONE_NEWPID)) != (CLONE_NEWNS | CLONE_NEWPID))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "a container needs mount and pid namespaces of its own");
    if (launch->user_namespace && !(*ret_flags & CLONE_NEWUSER))
        return fail(error, FAILURE_INTERNAL, "the definition maps ids without a user namespace");
    return true;
}

/* Ids have 32 bits, and the last one means none: what is larger would be another id to the kernel.
 */
static bool
check_map(const GPtrArray *mappings, GError **error)
{
    guint i;

    for (i = 0; i < mappings->len; i++) {
        const ContainerIdMapping *range = g_ptr_array_index(mappings, i);

        if (range->size > UINT32_MAX || range->container_id > UINT32_MAX - range->size ||
            range->host_id > UINT32_MAX - range->size)
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "the id map from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
                        " leaves the range of ids",
                        range->container_id, range->host_id);
    }
    return true;
}

bool
namespaces_check(Launch *launch, GError **error)
{
    const ContainerLinux *os = launch->container->os;

    if (!check_map(os->uid_mappings, error) || !check_map(os->gid_mappings, error))
        return false;
    if (launch->user_namespace && (launch_host_id(launch, os->uid_mappings, 0) < 0 ||
                                   launch_host_id(launch, os->gid_mappings, 0) < 0))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "the container's root has no id on the host: map user and group 0");
    return true;
}

/* Closes all but what the container's steps use; above all the daemon's socket, the listening one
 * and the launcher's end of sync. */
static void
close_others(const Launch *launch)
{
    g_autoptr(GArray) kept = g_array_new(FALSE, FALSE, sizeof(int));
    guint i;

    g_array_append_val(kept, launch->sync);
    g_array_append_val(kept, launch->filled);
    g_array_append_val(kept, launch->root);
    g_array_append_val(kept, launch->proc);
    g_array_append_val(kept, launch->view_tree);
    g_array_append_val(kept, launch->reaper);
    g_array_append_val(kept, launch->filter);
    g_array_append_vals(kept, launch->trees, launch->container->mounts->len);
    g_array_append_vals(kept, launch->passed->data, launch->passed->len);
    for (i = 0; i < launch->terminals->len; i++) {
        const Terminal *terminal = g_ptr_array_index(launch->terminals, i);

        g_array_append_val(kept, terminal->slave);
    }
    g_array_append_val(kept, launch->kmsg_slave);
    for (i = 0; i < launch->views->len; i++) {
        const GroupView *view = g_ptr_array_index(launch->views, i);

        g_array_append_val(kept, view->entrance);
        g_array_append_val(kept, view->tree);
    }
    process_close_others(kept);
}

G_NORETURN static void
become_init(Launch *launch)
{
    /* again when ids are final: the kernel forgets it when they change */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close_others(launch);
    launch_run_container(launch);
}

bool
namespaces_create(Launch *launch, GError **error)
{
    struct clone_args arguments = { .exit_signal = SIGCHLD };
    Fd own[G_N_ELEMENTS(kinds)] = { -1, -1, -1, -1, -1, -1 };
    int pair[2];
    int pidfd = -1;
    bool prepared;
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return fail_errno(error, errno, "cannot create a socket pair");
    launch->sync = pair[0];
    prepared = prepare(launch, (uint64_t *)&arguments.flags, own, error);
    arguments.flags |= CLONE_PIDFD;
    arguments.pidfd = (uintptr_t)&pidfd;
    if (launch->birthplace >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = launch->birthplace;
    }
    pid = prepared ? kernel_clone3(&arguments) : -1;
    if (pid == 0) {
        launch->sync = pair[1];
        become_init(launch);
    }
    if (prepared && pid < 0)
        fail_errno(error, errno, "cannot create the process of init%s",
                   launch->user_namespace ? " in a user namespace" : "");
    close(pair[1]);
    fd_close(&launch->network);
    if (pid > 0) {
        launch->init = pid;
        launch->init_pidfd = pidfd;
    }
    return leave(own, pid < 0 ? NULL : error) && pid > 0;
}

void
namespaces_destroy(Launch *launch)
{
    struct pollfd watch = { .fd = launch->init_pidfd, .events = POLLIN };
    siginfo_t info;

    if (launch->init_pidfd < 0)
        return;
    kernel_pidfd_send_signal(launch->init_pidfd, SIGKILL);
    /* a suspended one dies only when its group goes on */
    if (launch->container->caisson->paused && launch->group) {
        g_autofree char *limits = g_strconcat(launch->group, "/" CGROUP_LIMITS, NULL);

        cgroup_freeze(launch->layout, limits, false, g_get_monotonic_time() + G_USEC_PER_SEC, NULL);
    }
    /* one that hangs in a file system of the guest's is left to the daemon */
    if (poll(&watch, 1, KILL_MS) > 0)
        waitid(P_PIDFD, launch->init_pidfd, &info, WEXITED);
    else
        g_printerr("namespaces: process %d does not die\n", launch->init);
    fd_close(&launch->init_pidfd);
}

bool
namespaces_map_ids(Launch *launch, GError **error)
{
    const ContainerLinux *os = launch->container->os;

    if (!launch->user_namespace)
        return true;
    return idmap_write(launch->init, "uid_map", os->uid_mappings, error) &&
           idmap_write(launch->init, "gid_map", os->gid_mappings, error) &&
           sync_send(launch->sync, SYNC_MAPPED, error);
}

bool
namespaces_take_ids(Launch *launch, GError **error)
{
    if (!launch->user_namespace)
        return true;
    if (!sync_await(launch->sync, SYNC_MAPPED, error))
        return false;
    if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
        return fail_errno(error, errno, "cannot become root of the user namespace");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* changing ids made the process dumpable as /proc/sys/fs/suid_dumpable says */
    prctl(PR_SET_DUMPABLE, 0);
    return true;
}
