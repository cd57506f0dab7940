/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ways to get a group for a guest. */
#include "controller/launcher/placement.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/launcher/groups.h"
#include "controller/wire/failure.h"
#include "controller/wire/message.h"

#define SEND_SECONDS 10
#define FOREVER      (G_MAXINT64 / 2) /* the end of the socket ends the wait */

/* Without systemd: a group of the partition, into which init is born. */
static bool
direct_prepare(Launch *launch, GError **error)
{
    const ContainerExtension *caisson = launch->container->caisson;
    g_autofree char *group = cgroup_guest_name(caisson->partition ? caisson->partition : "/machine",
                                               getpid(), caisson->name);

    if (launch->ahead && !cgroup_rename(launch->layout, launch->group, group, error))
        return false;
    g_free(launch->group);
    launch->group = g_steal_pointer(&group);
    return groups_make_own(launch, error);
}

static bool
nothing(Launch *launch, GError **error)
{
    return true;
}

/*
 * Moves init to a group below the scope in the v2 hierarchy, where a group with processes in it has
 * no controllers for the groups below it. In those of v1 it moves itself.
 */
static bool
move_init(const Launch *launch, const char *below, GError **error)
{
    g_autofree char *group = g_strconcat(launch->group, "/", below, NULL);
    guint i;

    for (i = 0; i < launch->views->len; i++) {
        const GroupView *view = g_ptr_array_index(launch->views, i);
        g_auto(Fd) entrance = -1;

        if (view->hierarchy->version != 2)
            continue;
        entrance = cgroup_hierarchy_open(view->hierarchy, group, "cgroup.procs", O_WRONLY, error);
        if (entrance < 0)
            return false;
        if (dprintf(entrance, "%d", launch->init) < 0)
            return fail_errno(error, errno, "cannot move init to the control group '%s'", group);
    }
    return true;
}

/* Init was a process before the groups were there: what it needs of them comes after it. */
static bool
send_views(const Launch *launch, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + SEND_SECONDS * G_USEC_PER_SEC;
    g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));
    g_autoptr(Message) placed = message_new_event("placed");
    guint i;

    for (i = 0; i < launch->views->len; i++) {
        const GroupView *view = g_ptr_array_index(launch->views, i);

        if (view->entrance >= 0)
            g_array_append_val(fds, view->entrance);
        if (view->tree >= 0)
            g_array_append_val(fds, view->tree);
    }
    return message_send(launch->sync, placed, (const int *)fds->data, fds->len, deadline, error);
}

/*
 * A group for init to step aside to. Not by cgroup_create(), which passes controllers on: with init
 * still in the scope that works for cpu and pids alone, and makes a threaded group of the scope.
 */
static bool
make_refuge(const Launch *launch, const char *group, GError **error)
{
    guint i;

    for (i = 0; i < launch->views->len; i++) {
        const GroupView *view = g_ptr_array_index(launch->views, i);
        g_autofree char *path = g_strconcat(view->hierarchy->mount_point, group, NULL);

        if (view->hierarchy->version == 2 && mkdir(path, 0755) < 0 && errno != EEXIST)
            return fail_errno(error, errno, "cannot create control group '%s'", group);
    }
    return true;
}

static bool
scope_settle(Launch *launch, GError **error)
{
    g_autofree char *supervisor = NULL;

    if (!scope_create(launch, launch->container->caisson->placement, error))
        return false;
    supervisor = g_strconcat(launch->group, "/" CGROUP_SUPERVISOR, NULL);
    return cgroup_create_missing(launch->layout, launch->group, error) &&
           make_refuge(launch, supervisor, error) && move_init(launch, CGROUP_SUPERVISOR, error) &&
           groups_make(launch, error) && move_init(launch, CGROUP_GUEST, error) &&
           groups_enter_supervisor(launch, error) && send_views(launch, error);
}

static bool
scope_receive(Launch *launch, GError **error)
{
    g_autoptr(GArray) fds = NULL;
    g_autoptr(Message) placed = message_receive(launch->sync, FOREVER, &fds, error);
    bool shown = groups_are_shown(launch);
    size_t at = 0;
    guint i;

    if (!placed && !*error)
        _exit(EXIT_FAILURE);
    if (!placed)
        return false;
    for (i = 0; i < launch->views->len; i++) {
        GroupView *view = g_ptr_array_index(launch->views, i);

        if (view->hierarchy->version == 1 && (view->entrance = message_take_fd(fds, at++)) < 0)
            return fail(error, FAILURE_INTERNAL, "out of step");
        if (shown && (view->tree = message_take_fd(fds, at++)) < 0)
            return fail(error, FAILURE_INTERNAL, "out of step");
    }
    return true;
}

static const Placement placements[] = {
    { "direct", direct_prepare, nothing, nothing },
    { "machined", nothing, scope_settle, scope_receive },
    { "systemd", nothing, scope_settle, scope_receive },
};

const Placement *
placement_of(const Launch *launch, GError **error)
{
    const char *wanted = launch->container->caisson->placement;
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(placements); i++) {
        if (g_str_equal(wanted ? wanted : "direct", placements[i].name))
            return &placements[i];
    }
    fail(error, FAILURE_OPERATION_UNSUPPORTED,
         "this controller knows no placement '%s': restart the daemon", wanted);
    return NULL;
}
