/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order of a start, and how it is taken back. */
#include "controller/launcher/launch.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "controller/launcher/steps.h"
#include "controller/launcher/sync.h"
#include "controller/launcher/terminals.h"
#include "controller/wire/handover.h"
#include "controller/wire/node.h"

typedef enum { SIDE_HOST, SIDE_CONTAINER } Side;

typedef struct {
    const char *name; /* what an error begins with */
    Side side;
    bool (*perform)(Launch *launch, GError **error);
    void (*undo)(Launch *launch);
    /* What of it can be done before the definition is known; perform() does the rest, or all. */
    bool (*prepare)(Launch *launch, GError **error);
} Step;

/*
 * Two processes walk this table, each doing the steps of its side: the launcher, and from
 * "namespaces" on the process that becomes init. They run side by side and meet where the launcher
 * writes the id maps, where init is ready, and where it may go.
 */
static const Step steps[] = {
    { "process", SIDE_HOST, process_begin, NULL, .prepare = process_prepare },
    { "idmap", SIDE_HOST, namespaces_check, NULL },
    { "mounts", SIDE_HOST, sources_open, sources_close },
    { "devices", SIDE_HOST, devices_find, devices_forget },
    { "devices", SIDE_HOST, devices_mount, NULL },
    { "notify", SIDE_HOST, notify_open, NULL },
    { "init", SIDE_HOST, init_prepare, NULL },
    { "consoles", SIDE_HOST, terminals_open, NULL },
    { "seccomp", SIDE_HOST, seccomp_open, NULL },
    { "label", SIDE_HOST, label_prepare, NULL },
    { "cgroup", SIDE_HOST, groups_create, groups_remove, .prepare = groups_prepare },
    { "view", SIDE_HOST, view_mount, NULL, .prepare = view_prepare },
    { "clock", SIDE_HOST, clock_enter, NULL },
    { "namespaces", SIDE_HOST, namespaces_create, namespaces_destroy,
      .prepare = namespaces_prepare },
    { "clock", SIDE_HOST, clock_leave, NULL },
    /* what the container waits for first; it is on its way to /dev */
    { "devices", SIDE_HOST, devices_fill, NULL },
    { "network", SIDE_HOST, network_attach, network_detach },
    { "cgroup", SIDE_HOST, groups_settle, NULL },
    { "cgroup", SIDE_HOST, groups_adopt, NULL },
    { "view", SIDE_HOST, NULL, view_remove }, /* before an init that waits for it is killed */
    { "idmap", SIDE_HOST, namespaces_map_ids, NULL },
    /* while the container's own side is busy: what the daemon has to do, and the filter */
    { "state", SIDE_HOST, state_create, state_remove },
    { "consoles", SIDE_HOST, terminals_connect, NULL },
    { "daemon", SIDE_HOST, control_announce, NULL },
    { "seccomp", SIDE_HOST, seccomp_compile, NULL },

    { "cgroup", SIDE_CONTAINER, groups_enter, NULL },
    { "idmap", SIDE_CONTAINER, namespaces_take_ids, NULL },
    { "numatune", SIDE_CONTAINER, memory_policy_set, NULL },
    { "root", SIDE_CONTAINER, rootfs_attach, NULL },
    /* before the old root goes: in a user namespace /proc can be had only while another is in sight
     */
    { "mounts", SIDE_CONTAINER, mounts_attach, NULL },
    { "devices", SIDE_CONTAINER, devices_bind, NULL },
    { "nesting", SIDE_CONTAINER, nesting_mount, NULL },
    { "view", SIDE_CONTAINER, view_attach, NULL },
    { "mounts", SIDE_CONTAINER, masks_apply, NULL },
    { "root", SIDE_CONTAINER, rootfs_enter, NULL },
    /* from here on every file is the guest's */
    { "hostname", SIDE_CONTAINER, hostname_set, NULL },
    { "network", SIDE_CONTAINER, network_start, NULL },
    { "user", SIDE_CONTAINER, user_find, NULL },
    /* after everything that a guest may not do, before the privilege to install it goes */
    { "seccomp", SIDE_CONTAINER, seccomp_confine, NULL },
    { "privileges", SIDE_CONTAINER, privileges_drop, NULL },
    { "init", SIDE_CONTAINER, init_wait, NULL },

    { "init", SIDE_HOST, init_await_ready, NULL },
    { "limits", SIDE_HOST, limits_set, NULL },
    { "daemon", SIDE_HOST, control_await_continue, NULL },
    { "cgroup", SIDE_HOST, groups_suspend, NULL },

    { "init", SIDE_CONTAINER, init_execute, NULL },

    { "init", SIDE_HOST, init_release, NULL },
    { "cgroup", SIDE_HOST, groups_supervise, NULL },
    { "view", SIDE_HOST, view_open_groups, NULL },
    { "init", SIDE_HOST, init_confirm, NULL },
    { "keeper", SIDE_HOST, keeper_execute, NULL },
};

Launch *
launch_new(char *program_directory)
{
    Launch *launch = g_new0(Launch, 1);

    launch->program_directory = program_directory;
    launch->control = launch->definition = launch->state_directory = launch->listener = -1;
    launch->root = launch->pts = launch->moved = launch->birthplace = -1;
    launch->kmsg = launch->kmsg_slave = launch->network = -1;
    launch->init_pidfd = launch->sync = launch->proc = -1;
    launch->filled = launch->fill = -1;
    launch->notify = launch->clock = launch->reaper = launch->filter = -1;
    view_clear(launch);
    launch->links = g_array_new(FALSE, FALSE, sizeof(int));
    launch->terminals = g_ptr_array_new_with_free_func(terminal_free);
    launch->nodes = json_array_new(&device_node_type);
    launch->held = json_array_new(&keeper_held_type);
    launch->servers = g_array_new(FALSE, FALSE, sizeof(pid_t));
    launch->trace = g_getenv("LIBVIRT_LXC_TRACE") != NULL;
    return launch;
}

void
launch_define(Launch *launch, Container *container, GArray *passed)
{
    guint i;

    launch->container = container;
    launch->passed = passed;
    launch->trees = g_new(Fd, container->mounts->len + 1);
    for (i = 0; i < container->mounts->len; i++)
        launch->trees[i] = -1;
    launch->user_namespace = container->os->uid_mappings->len > 0;
    launch->root_uid = launch_host_id(launch, container->os->uid_mappings, 0);
    launch->root_gid = launch_host_id(launch, container->os->gid_mappings, 0);
}

void
launch_free(Launch *launch)
{
    guint i;

    if (!launch)
        return;
    for (i = 0; launch->container && i < launch->container->mounts->len; i++)
        fd_close(&launch->trees[i]);
    g_free(launch->trees);
    g_clear_pointer(&launch->container, container_free);
    g_clear_pointer(&launch->passed, g_array_unref);
    fd_close(&launch->control);
    fd_close(&launch->definition);
    fd_close(&launch->state_directory);
    fd_close(&launch->listener);
    fd_close(&launch->root);
    fd_close(&launch->moved);
    fd_close(&launch->birthplace);
    fd_close(&launch->init_pidfd);
    fd_close(&launch->sync);
    fd_close(&launch->kmsg);
    fd_close(&launch->kmsg_slave);
    fd_close(&launch->filled);
    fd_close(&launch->fill);
    fd_close(&launch->notify);
    fd_close(&launch->clock);
    fd_close(&launch->reaper);
    fd_close(&launch->network);
    view_close(launch);
    devices_forget(launch);
    g_clear_pointer(&launch->held, g_ptr_array_unref);
    g_clear_pointer(&launch->servers, g_array_unref);
    g_clear_pointer(&launch->nodes, g_ptr_array_unref);
    g_clear_pointer(&launch->terminals, g_ptr_array_unref);
    g_clear_pointer(&launch->links, g_array_unref);
    g_clear_pointer(&launch->views, g_ptr_array_unref);
    g_clear_pointer(&launch->layout, cgroup_layout_free);
    g_clear_pointer(&launch->groups, g_array_unref);
    fd_close(&launch->filter);
    fd_close(&launch->proc);
    g_free(launch->program_directory);
    g_free(launch->standby);
    g_free(launch->group);
    g_free(launch->position);
    g_free(launch);
}

bool
launch_owns_namespace(const Launch *launch, const char *type)
{
    guint i;

    for (i = 0; i < launch->container->os->namespaces->len; i++) {
        const ContainerNamespace *own = g_ptr_array_index(launch->container->os->namespaces, i);

        if (g_str_equal(own->type, type))
            return own->path == NULL;
    }
    return false;
}

int64_t
launch_host_id(const Launch *launch, const GPtrArray *mappings, int64_t id)
{
    guint i;

    if (!launch->user_namespace)
        return id;
    for (i = 0; i < mappings->len; i++) {
        const ContainerIdMapping *range = g_ptr_array_index(mappings, i);

        if ((uint64_t)id >= range->container_id && (uint64_t)id - range->container_id < range->size)
            return range->host_id + (id - range->container_id);
    }
    return -1;
}

/* One line on the log. No stdio: the container's process has the launcher's buffers. */
static void
step_trace(const Launch *launch, const Step *step, gint64 began)
{
    char line[128];
    int length;

    if (!launch->trace)
        return;
    length = g_snprintf(line, sizeof(line), "trace: %s %s %d us at %" G_GINT64_FORMAT "\n",
                        step->side == SIDE_HOST ? "host" : "container", step->name,
                        (int)(g_get_monotonic_time() - began), g_get_monotonic_time());
    if (write(STDERR_FILENO, line, length) < 0)
        return;
}

static bool
step_perform(Launch *launch, const Step *step, GError **error)
{
    gint64 began = launch->trace ? g_get_monotonic_time() : 0;

    if (step->perform && !step->perform(launch, error)) {
        if (!launch->named)
            g_prefix_error(error, "%s: ", step->name);
        launch->named = true;
        return false;
    }
    step_trace(launch, step, began);
    return true;
}

void
launch_prepare(Launch *launch, const char *partition)
{
    size_t i;

    launch->standby = g_strdup(partition);
    for (i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_autoptr(GError) error = NULL;

        if (steps[i].prepare && !steps[i].prepare(launch, &error))
            g_printerr("standby: %s: %s\n", steps[i].name, error->message);
    }
}

/* The last first: steps that were begun, and all that were prepared. */
static void
undo(Launch *launch, size_t begun)
{
    size_t i;

    for (i = G_N_ELEMENTS(steps); i > 0; i--) {
        const Step *step = &steps[i - 1];
        bool done = i <= begun || (launch->standby && step->prepare);

        if (done && step->side == SIDE_HOST && step->undo)
            step->undo(launch);
    }
}

void
launch_abandon(Launch *launch)
{
    undo(launch, 0);
}

void
launch_run(Launch *launch, GError **error)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(steps); i++) {
        if (steps[i].side != SIDE_HOST || step_perform(launch, &steps[i], error))
            continue;
        init_explain(launch, error);
        undo(launch, i + 1);
        return;
    }
}

void
launch_run_container(Launch *launch)
{
    g_autoptr(GError) error = NULL;
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(steps); i++) {
        if (steps[i].side == SIDE_CONTAINER && !step_perform(launch, &steps[i], &error)) {
            sync_send_error(launch->sync, error);
            break;
        }
    }
    _exit(EXIT_FAILURE);
}
