/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The groups of a guest: made, entered, shown inside, removed. */
#include "controller/launcher/groups.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup/limit.h"
#include "controller/kernel.h"
#include "controller/mounts/mount-options.h"
#include "controller/mounts/place.h"
#include "controller/launcher/placement.h"
#include "controller/launcher/process.h"
#include "controller/launcher/steps.h"
#include "controller/wire/failure.h"

#define REMOVE_SECONDS 5
#define FREEZE_SECONDS 5

static gint64
seconds_from_now(int seconds)
{
    return g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
}

static void
view_free(gpointer data)
{
    GroupView *view = data;

    fd_close(&view->entrance);
    fd_close(&view->tree);
    g_free(view);
}

bool
groups_are_shown(const Launch *launch)
{
    guint i;

    for (i = 0; i < launch->container->mounts->len; i++) {
        const ContainerMount *mount = g_ptr_array_index(launch->container->mounts, i);

        if (g_strcmp0(mount->type, "cgroup") == 0)
            return true;
    }
    return false;
}

static void
views_prepare(Launch *launch)
{
    const GPtrArray *hierarchies = cgroup_hierarchies(launch->layout);
    guint i;

    launch->views = g_ptr_array_new_with_free_func(view_free);
    for (i = 0; i < hierarchies->len; i++) {
        GroupView *view = g_new0(GroupView, 1);

        view->hierarchy = g_ptr_array_index(hierarchies, i);
        view->entrance = view->tree = -1;
        g_ptr_array_add(launch->views, view);
    }
}

static bool
view_open(Launch *launch, GroupView *view, const char *guest, bool shown, GError **error)
{
    const CgroupHierarchy *hierarchy = view->hierarchy;
    g_auto(Fd) directory = cgroup_hierarchy_open(hierarchy, guest, NULL, 0, error);

    if (directory < 0 || (shown && (view->tree = group_view_open(directory, error)) < 0))
        return false;
    if (hierarchy->version == 2) {
        launch->birthplace = fd_steal(&directory);
        return true;
    }
    view->entrance = openat(directory, "tasks", O_WRONLY | O_CLOEXEC);
    return view->entrance >= 0 ||
           fail_errno(error, errno, "cannot open 'tasks' of control group '%s'", guest);
}

static bool
views_open(Launch *launch, const char *guest, GError **error)
{
    bool shown = groups_are_shown(launch);
    guint i;

    for (i = 0; i < launch->views->len; i++) {
        GroupView *view = g_ptr_array_index(launch->views, i);

        if (view->entrance < 0 && !view_open(launch, view, guest, shown, error))
            return false;
        if (!shown)
            fd_close(&view->tree);
    }
    return true;
}

/* As far as there are groups already. */
static void
views_open_ahead(Launch *launch, const char *guest)
{
    guint i;

    for (i = 0; i < launch->views->len; i++)
        view_open(launch, g_ptr_array_index(launch->views, i), guest, true, NULL);
}

/*
 * A single-threaded process that writes "0" to "tasks" of v1 moves itself, and for that the kernel
 * needs no grace period; moving another process, or a whole one on v2, takes several milliseconds.
 */
static bool
move_self(int entrance, const CgroupHierarchy *hierarchy, GError **error)
{
    if (write(entrance, "0", 1) != 1)
        return fail_errno(error, errno, "cannot enter the control group in '%s'",
                          hierarchy->mount_point);
    return true;
}

bool
groups_enter_supervisor(Launch *launch, GError **error)
{
    g_autofree char *supervisor = g_strconcat(launch->group, "/" CGROUP_SUPERVISOR, NULL);
    const GPtrArray *hierarchies = cgroup_hierarchies(launch->layout);
    guint i;

    for (i = 0; i < hierarchies->len; i++) {
        const CgroupHierarchy *hierarchy = g_ptr_array_index(hierarchies, i);
        g_auto(Fd) entrance = -1;

        if (hierarchy->version != 1 || !cgroup_hierarchy_has(hierarchy, supervisor))
            continue;
        entrance = cgroup_hierarchy_open(hierarchy, supervisor, "tasks", O_WRONLY, error);
        if (entrance < 0 || !move_self(entrance, hierarchy, error))
            return false;
    }
    return true;
}

/* @filled as of cgroup_create_ahead() */
static bool
make(const Launch *launch, const char *group, bool filled, GError **error)
{
    return launch->ahead ? cgroup_create_rest(launch->layout, group, filled, error)
                         : cgroup_create(launch->layout, group, error);
}

bool
groups_make_own(Launch *launch, GError **error)
{
    return make(launch, launch->group, false, error) && groups_make(launch, error) &&
           (launch->ahead || groups_enter_supervisor(launch, error));
}

bool
groups_make(Launch *launch, GError **error)
{
    g_autofree char *supervisor = g_strconcat(launch->group, "/" CGROUP_SUPERVISOR, NULL);
    g_autofree char *limits = g_strconcat(launch->group, "/" CGROUP_LIMITS, NULL);
    g_autofree char *guest = g_strconcat(launch->group, "/" CGROUP_GUEST, NULL);

    /* limits before the guest's group: v1 takes no device rules when there is a group below */
    if (!make(launch, supervisor, false, error) || !make(launch, limits, false, error) ||
        !limit_write(launch->layout, limits, launch->container->os->resources, error) ||
        !make(launch, guest, true, error))
        return false;
    if (launch->user_namespace &&
        !cgroup_delegate(launch->layout, guest, launch->root_uid, launch->root_gid, error))
        return false;
    return views_open(launch, guest, error);
}

static bool
look_around(Launch *launch, GError **error)
{
    if (launch->layout)
        return true;
    if (!(launch->layout = cgroup_layout_new(error)))
        return false;
    cgroup_layout_make_uniform(launch->layout);
    views_prepare(launch);
    return (launch->position = cgroup_position(error)) != NULL;
}

bool
groups_create(Launch *launch, GError **error)
{
    const Placement *placement = placement_of(launch, error);

    return placement && look_around(launch, error) && placement->prepare(launch, error);
}

bool
groups_settle(Launch *launch, GError **error)
{
    return placement_of(launch, error)->settle(launch, error);
}

void
groups_remove(Launch *launch)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *limits = NULL;
    char end;

    if (!launch->group)
        return;
    limits = g_strconcat(launch->group, "/" CGROUP_LIMITS, NULL);
    /* the mounts of the views would keep nothing busy, but need not outlive the groups */
    g_clear_pointer(&launch->views, g_ptr_array_unref);
    /* no sooner out of the group than into it */
    if (launch->moved >= 0 && read(launch->moved, &end, 1) < 0)
        g_printerr("cgroup: %s\n", g_strerror(errno));
    if (launch->position)
        cgroup_return(launch->layout, launch->position);
    /* what init left behind, and never ourselves */
    if (!cgroup_kill(launch->layout, limits, seconds_from_now(REMOVE_SECONDS), &error) ||
        !cgroup_remove(launch->layout, launch->group, seconds_from_now(REMOVE_SECONDS), &error))
        g_printerr("cgroup: %s\n", error->message);
}

static bool
make_ahead(Launch *launch, GError **error)
{
    g_autofree char *supervisor = g_strconcat(launch->group, "/" CGROUP_SUPERVISOR, NULL);
    g_autofree char *limits = g_strconcat(launch->group, "/" CGROUP_LIMITS, NULL);
    g_autofree char *guest = g_strconcat(launch->group, "/" CGROUP_GUEST, NULL);

    if (!cgroup_create_ahead(launch->layout, launch->group, false, error) ||
        !cgroup_create_ahead(launch->layout, supervisor, false, error) ||
        !cgroup_create_ahead(launch->layout, limits, false, error) ||
        !cgroup_create_ahead(launch->layout, guest, true, error))
        return false;
    views_open_ahead(launch, guest);
    return groups_enter_supervisor(launch, error);
}

/*
 * A group of v1 can be given another name, with who is in it. One of v2 cannot, but a process can
 * be born into it, which is what takes so long on v1.
 */
bool
groups_prepare(Launch *launch, GError **error)
{
    if (!look_around(launch, error))
        return false;
    launch->group = cgroup_guest_name(launch->standby, getpid(), "");
    launch->ahead = make_ahead(launch, error);
    if (launch->ahead)
        return true;
    groups_remove(launch);
    g_clear_pointer(&launch->group, g_free);
    g_clear_pointer(&launch->position, g_free);
    g_clear_pointer(&launch->layout, cgroup_layout_free);
    return false;
}

/*
 * Moves @launcher through @entrance; @end is what the launcher waits for the end of. The pid was
 * the launcher's before this process existed: were it asked for here, a launcher that is dead by
 * now would have given its place to init of the host. A pid that is used again would be as bad,
 * hence @alive, a pidfd.
 */
G_NORETURN static void
orphan_run(pid_t launcher, int alive, int entrance, int end)
{
    g_autoptr(GArray) kept = g_array_new(FALSE, FALSE, sizeof(int));
    g_autofree char *text = g_strdup_printf("%d", launcher);

    /* a child of the launcher would stay a zombie of the keeper's; this one init of the host
     * inherits */
    if (fork() != 0)
        _exit(EXIT_SUCCESS);
    g_array_append_val(kept, alive);
    g_array_append_val(kept, entrance);
    g_array_append_val(kept, end);
    process_close_others(kept);
    if (kernel_pidfd_send_signal(alive, 0) < 0 || write(entrance, text, strlen(text)) < 0)
        _exit(EXIT_FAILURE);
    _exit(EXIT_SUCCESS);
}

static bool
orphan_create(int entrance, Fd *ret_end, GError **error)
{
    pid_t launcher = getpid();
    g_auto(Fd) alive = pidfd_open(launcher, 0);
    int ends[2];
    pid_t child;

    if (alive < 0 || pipe2(ends, O_CLOEXEC) < 0)
        return fail_errno(error, errno, "cannot prepare to enter the group of the supervisor");
    if ((child = fork()) == 0)
        orphan_run(launcher, alive, entrance, ends[1]);
    close(ends[1]);
    *ret_end = ends[0];
    if (child < 0 || waitpid(child, NULL, 0) < 0)
        return fail_errno(error, errno, "cannot enter the group of the supervisor");
    return true;
}

/*
 * The launcher's own place in v2. Moving a process there takes the kernel a grace period, in which
 * nothing on the host can fork or end. Nobody should wait for that, so a process of its own does
 * it. Where there is no such group the keeper stays in the daemon's, as it does, without harm,
 * should this fail.
 */
bool
groups_supervise(Launch *launch, GError **error)
{
    g_autofree char *supervisor = g_strconcat(launch->group, "/" CGROUP_SUPERVISOR, NULL);
    guint i;

    for (i = 0; i < launch->views->len; i++) {
        const GroupView *view = g_ptr_array_index(launch->views, i);
        g_auto(Fd) entrance = -1;

        if (view->hierarchy->version != 2 || !cgroup_hierarchy_has(view->hierarchy, supervisor))
            continue;
        entrance =
            cgroup_hierarchy_open(view->hierarchy, supervisor, "cgroup.procs", O_WRONLY, error);
        return entrance >= 0 && orphan_create(entrance, &launch->moved, error);
    }
    return true;
}

bool
groups_adopt(Launch *launch, GError **error)
{
    g_autofree char *supervisor = g_strconcat(launch->group, "/" CGROUP_SUPERVISOR, NULL);
    guint i;

    for (i = 0; i < launch->servers->len; i++) {
        if (!cgroup_attach(launch->layout, supervisor, g_array_index(launch->servers, pid_t, i),
                           error))
            return false;
    }
    return true;
}

bool
groups_suspend(Launch *launch, GError **error)
{
    g_autofree char *limits = g_strconcat(launch->group, "/" CGROUP_LIMITS, NULL);

    return !launch->container->caisson->paused ||
           cgroup_freeze(launch->layout, limits, true, seconds_from_now(FREEZE_SECONDS), error);
}

bool
groups_enter(Launch *launch, GError **error)
{
    guint i;

    if (!placement_of(launch, error)->receive(launch, error))
        return false;
    for (i = 0; i < launch->views->len; i++) {
        const GroupView *view = g_ptr_array_index(launch->views, i);

        if (view->entrance >= 0 && !move_self(view->entrance, view->hierarchy, error))
            return false;
    }
    /* its root is where the process is now */
    if (launch_owns_namespace(launch, "cgroup") && unshare(CLONE_NEWCGROUP) < 0)
        return fail_errno(error, errno, "cannot create a control group namespace");
    return true;
}
