/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest sees of its control groups. */
#include "controller/launcher/groups.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/kernel.h"
#include "controller/launcher/guest-systemd.h"
#include "controller/mounts/mount-options.h"
#include "controller/mounts/place.h"
#include "controller/wire/failure.h"

/* The guest's group as a mount: in its control group namespace it looks like the root of the
 * hierarchy. */
int
group_view_open(int directory, GError **error)
{
    static const char *const words[] = { "nosuid", "nodev", "noexec", NULL };
    g_auto(MountOptions) options = { 0 };
    g_auto(Fd) tree = open_tree(directory, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

    if (tree < 0) {
        fail_errno(error, errno, "cannot open the guest's control group");
        return -1;
    }
    mount_options_init(&options, words);
    options.propagation = MS_PRIVATE;
    return mount_adjust(tree, &options, error) ? fd_steal(&tree) : -1;
}

/* "cpu,cpuacct" also goes by the names "cpu" and "cpuacct". */
static bool
link_controllers(int directory, const char *name, const CgroupHierarchy *hierarchy, GError **error)
{
    char **controller;

    for (controller = hierarchy->controllers; hierarchy->version == 1 && *controller;
         controller++) {
        if (g_str_equal(*controller, name) || g_str_has_prefix(*controller, "name="))
            continue;
        if (symlinkat(name, directory, *controller) < 0 && errno != EEXIST)
            return fail_errno(error, errno, "cannot link control group controller '%s'",
                              *controller);
    }
    return true;
}

static bool
attach_view(int directory, const GroupView *view, GError **error)
{
    const char *name = strrchr(view->hierarchy->mount_point, '/') + 1;
    g_auto(Fd) target = -1;

    if (mkdirat(directory, name, 0755) < 0 ||
        (target = openat(directory, name, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 ||
        move_mount(view->tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) <
            0)
        return fail_errno(error, errno, "cannot mount control group hierarchy '%s'", name);
    return link_controllers(directory, name, view->hierarchy, error);
}

static bool
mount_on(Launch *launch, int tree, const char *destination, GError **error)
{
    g_auto(Fd) target = place_make(launch->root, destination, PLACE_DIRECTORY, error);

    if (target < 0)
        return false;
    if (move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
        return fail_errno(error, errno, "cannot mount control groups on '%s'", destination);
    return true;
}

static bool
attach_views(Launch *launch, const ContainerMount *mount, GError **error)
{
    static const char *const words[] = {
        "nosuid", "nodev", "noexec", "mode=755", "size=65536", NULL
    };
    g_auto(MountOptions) options = { 0 };
    g_auto(Fd) directory = -1;
    guint i;

    mount_options_init(&options, words);
    if ((directory = mount_create("tmpfs", &options, error)) < 0 ||
        !mount_on(launch, directory, mount->destination, error))
        return false;
    for (i = 0; i < launch->views->len; i++) {
        if (!attach_view(directory, g_ptr_array_index(launch->views, i), error))
            return false;
    }
    return true;
}

/*
 * The view to show alone; NULL when all hierarchies are to be shown. A systemd of version 256 or
 * later starts on none but a unified hierarchy. It needs no controller there, and what limits the
 * guest on v1 does so whether the guest sees it or not.
 */
static bool
choose_unified(const Launch *launch, const GroupView **ret_unified, GError **error)
{
    const char *wanted = launch->container->caisson->group_view;
    const GroupView *unified = NULL;
    guint i;

    for (i = 0; i < launch->views->len; i++) {
        const GroupView *view = g_ptr_array_index(launch->views, i);

        if (view->hierarchy->version == 2)
            unified = view;
    }
    if (g_strcmp0(wanted, "unified") == 0 && !unified)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<caisson:cgroup-view mode='unified'> needs a hierarchy of version 2, and the "
                    "host has mounted none; mount one on /sys/fs/cgroup/unified");
    if (launch->views->len == 1 || !unified || g_strcmp0(wanted, "unified") == 0 ||
        (!wanted && guest_systemd_version(launch) >= SYSTEMD_WITHOUT_V1))
        *ret_unified = unified;
    return true;
}

bool
groups_mount_view(Launch *launch, const ContainerMount *mount, GError **error)
{
    const GroupView *unified = NULL;
    g_auto(MountOptions) options = { 0 };
    g_auto(Fd) top = -1;

    if (!choose_unified(launch, &unified, error))
        return false;
    if (unified) {
        if (!mount_on(launch, unified->tree, mount->destination, error))
            return false;
    } else if (!attach_views(launch, mount, error)) {
        return false;
    }
    /* the options of the definition are for all of it, once links and mount points are made */
    mount_options_init(&options, (const char *const *)mount->options);
    options.recursive = true;
    top = place_open(launch->root, mount->destination, O_PATH, error);
    return top >= 0 && mount_adjust(top, &options, error);
}
