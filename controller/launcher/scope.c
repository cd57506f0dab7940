/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Having systemd make the guest's scope: a worker talks to the bus, the launcher waits for it. */
#include <errno.h>
#include <poll.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/kernel.h"
#include "controller/launcher/placement.h"
#include "controller/wire/failure.h"
#include "controller/wire/message.h"

#define WORKER_FD 3 /* where a worker expects its socket */

static bool
spawn_worker(const char *const *argv, int socket, pid_t *ret_pid, GError **error)
{
    posix_spawn_file_actions_t actions;
    int result = posix_spawn_file_actions_init(&actions);

    if (result == 0)
        result = posix_spawn_file_actions_adddup2(&actions, socket, WORKER_FD);
    if (result == 0)
        result = posix_spawn(ret_pid, argv[0], &actions, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return result == 0 || fail_errno(error, result, "cannot execute '%s'", argv[0]);
}

/* Waits for the worker, but not for longer than somebody wants the guest. */
static bool
await_reply(const Launch *launch, int socket, gint64 deadline, GError **error)
{
    struct pollfd watches[] = {
        { .fd = socket, .events = POLLIN },
        { .fd = launch->control, .events = POLLRDHUP },
    };

    for (;;) {
        gint64 left = deadline - g_get_monotonic_time();
        int ready = poll(watches, G_N_ELEMENTS(watches), left > 0 ? (int)(left / 1000) + 1 : 0);

        if (ready < 0 && errno == EINTR)
            continue;
        if (ready < 0)
            return fail_errno(error, errno, "cannot wait for the worker");
        if (ready == 0)
            return fail(error, FAILURE_OPERATION_TIMEOUT,
                        "the system bus does not answer: no scope for the container in %d s",
                        SCOPE_SECONDS);
        if (watches[0].revents)
            return true;
        return fail(error, FAILURE_OPERATION_FAILED, "the daemon went away during the start");
    }
}

static bool
converse(const Launch *launch, int socket, gint64 deadline, GError **error)
{
    g_autoptr(Message) call = message_new_call("Place");
    g_autoptr(Message) reply = NULL;
    g_autoptr(GError) local = NULL;

    if (!message_send(socket, call, NULL, 0, deadline, error) ||
        !await_reply(launch, socket, deadline, error))
        return false;
    if ((reply = message_receive(socket, deadline, NULL, &local)))
        return message_check(reply, error);
    if (local)
        g_propagate_error(error, g_steal_pointer(&local));
    else
        fail(error, FAILURE_INTERNAL, "the worker for the scope ended without a word");
    return false;
}

/* A worker that has answered ends by itself; any other is of no use any more. */
static void
end_worker(pid_t pid)
{
    g_auto(Fd) pidfd = pidfd_open(pid, 0);

    if (pidfd >= 0)
        kernel_pidfd_send_signal(pidfd, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

static bool
run_worker(const Launch *launch, const char *const *argv, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + SCOPE_SECONDS * G_USEC_PER_SEC;
    g_auto(Fd) mine = -1;
    g_auto(Fd) theirs = -1;
    int pair[2];
    pid_t worker;
    bool placed;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return fail_errno(error, errno, "cannot create a socket pair");
    mine = pair[0];
    theirs = pair[1];
    if (!spawn_worker(argv, theirs, &worker, error))
        return false;
    fd_close(&theirs);
    placed = converse(launch, mine, deadline, error);
    end_worker(worker);
    return placed;
}

/* The group of @scope, which init is in now, from what the kernel says. */
static char *
find_group(pid_t init, const char *scope, GError **error)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/cgroup", init);
    g_autofree char *last = g_strconcat("/", scope, NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    size_t i;

    if (!g_file_get_contents(path, &text, NULL, error))
        return NULL;
    lines = g_strsplit(text, "\n", -1);
    for (i = 0; lines[i]; i++) {
        const char *controllers = strchr(lines[i], ':');
        const char *group = controllers ? strchr(controllers + 1, ':') : NULL;

        if (group && g_str_has_suffix(group, last))
            return g_strdup(group + 1);
    }
    fail(error, FAILURE_INTERNAL, "systemd has started scope '%s' without init %d in it", scope,
         init);
    return NULL;
}

/* Indexes of the guest's links, which machined shows, at the end of @argv. */
static void
add_links(const Launch *launch, GPtrArray *argv)
{
    guint i;

    for (i = 0; i < launch->links->len; i++) {
        int index = g_array_index(launch->links, int, i);

        if (index)
            g_ptr_array_add(argv, g_strdup_printf("%d", index));
    }
}

bool
scope_create(Launch *launch, const char *placement, GError **error)
{
    const ContainerExtension *caisson = launch->container->caisson;
    const char *root = launch->container->root->path;
    g_autofree char *machine = cgroup_machine_name(getpid(), caisson->name);
    g_autofree char *scope = cgroup_scope_name(machine);
    g_autofree char *leader = g_strdup_printf("%d", launch->init);
    g_autofree char *worker =
        g_build_filename(launch->program_directory, "libvirt_lxc_worker", NULL);
    const char *words[] = { worker, "Place", placement, machine, caisson->uuid, leader,
                            caisson->partition ? caisson->partition : "/machine",
                            /* a guest on the host's own root has none to be shown */
                            root && root[0] == '/' && root[1] ? root : "" };
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(words); i++)
        g_ptr_array_add(argv, g_strdup(words[i]));
    add_links(launch, argv);
    g_ptr_array_add(argv, NULL);
    if (!run_worker(launch, (const char *const *)argv->pdata, error))
        return false;
    launch->group = find_group(launch->init, scope, error);
    return launch->group != NULL;
}
