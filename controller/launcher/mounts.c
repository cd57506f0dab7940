/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mounts of the definition, each on a place inside the root, in order. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "controller/launcher/groups.h"
#include "controller/mounts/mount-options.h"
#include "controller/mounts/place.h"
#include "controller/mounts/source.h"
#include "controller/launcher/steps.h"
#include "controller/wire/failure.h"

/* File systems that a kernel may be without, or that a guest may not have: then they are left out.
 */
static const char *const optional_types[] = { "mqueue", "securityfs", "selinuxfs", NULL };

/* A bind of what is inside the container; -1 without error when it may be left out. */
static int
open_inside(const Launch *launch, const ContainerMount *mount, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_auto(MountOptions) options = { 0 };
    g_auto(Fd) place = -1;
    g_auto(Fd) tree = -1;

    mount_options_init(&options, (const char *const *)mount->options);
    if ((place = place_open(launch->root, mount->source, O_PATH, &local)) < 0) {
        if (errno != ENOENT || !options.optional)
            g_propagate_error(error, g_steal_pointer(&local));
        return -1;
    }
    tree = open_tree(place, "",
                     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH |
                         (options.recursive ? AT_RECURSIVE : 0));
    if (tree < 0) {
        fail_errno(error, errno, "cannot open '%s'", mount->source);
        return -1;
    }
    return mount_adjust(tree, &options, error) ? fd_steal(&tree) : -1;
}

/* A new file system, in the namespaces of the container; -1 without error when it may be left out.
 */
static int
create_inside(const ContainerMount *mount, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_auto(MountOptions) options = { 0 };
    int tree;

    mount_options_init(&options, (const char *const *)mount->options);
    tree = mount_create(mount->type, &options, &local);
    if (tree < 0 && !options.optional && !g_strv_contains(optional_types, mount->type))
        g_propagate_error(error, g_steal_pointer(&local));
    return tree;
}

static bool
attach(const Launch *launch, int tree, const char *destination, GError **error)
{
    struct stat status;
    g_auto(Fd) target = -1;

    if (fstat(tree, &status) < 0)
        return fail_errno(error, errno, "cannot examine the source");
    target = place_make(launch->root, destination,
                        S_ISDIR(status.st_mode) ? PLACE_DIRECTORY : PLACE_FILE, error);
    if (target < 0)
        return false;
    if (move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0) {
        g_set_error_literal(error, FAILURE, FAILURE_SYSTEM, g_strerror(errno));
        return false;
    }
    return true;
}

static bool
attach_row(Launch *launch, const ContainerMount *mount, Fd *tree, GError **error)
{
    GError *local = NULL;

    if (g_strcmp0(mount->type, "cgroup") == 0 || g_strcmp0(mount->type, "cgroup2") == 0)
        return groups_mount_view(launch, mount, error);
    if (*tree < 0) {
        *tree = mount->source_in_container ? open_inside(launch, mount, &local)
                                           : create_inside(mount, &local);
        if (*tree < 0) {
            if (local)
                g_propagate_error(error, local);
            return local == NULL;
        }
    }
    return attach(launch, *tree, mount->destination, error);
}

bool
mounts_attach(Launch *launch, GError **error)
{
    guint i;

    for (i = 0; i < launch->container->mounts->len; i++) {
        const ContainerMount *mount = g_ptr_array_index(launch->container->mounts, i);

        if (attach_row(launch, mount, &launch->trees[i], error))
            continue;
        source_explain(mount, error);
        return false;
    }
    return true;
}
