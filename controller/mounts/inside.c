/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts on places inside a guest's root. */
#include "controller/mounts/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "controller/mounts/mount-options.h"
#include "controller/mounts/place.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

/* File systems that a kernel may be without, or that a guest may not have: then they are left out.
 */
static const char *const optional_types[] = { "mqueue", "securityfs", "selinuxfs", NULL };

/* A bind of what is inside the container; -1 without error when it may be left out. */
static int
open_bind(int root, const ContainerMount *mount, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_auto(MountOptions) options = { 0 };
    g_auto(Fd) place = -1;
    g_auto(Fd) tree = -1;

    mount_options_init(&options, (const char *const *)mount->options);
    if ((place = place_open(root, mount->source, O_PATH, &local)) < 0) {
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
create(const ContainerMount *mount, GError **error)
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

int
inside_open(int root, const ContainerMount *mount, GError **error)
{
    return mount->source_in_container ? open_bind(root, mount, error) : create(mount, error);
}

bool
inside_attach(int root, int tree, const char *destination, GError **error)
{
    struct stat status;
    g_auto(Fd) target = -1;

    if (fstat(tree, &status) < 0)
        return fail_errno(error, errno, "cannot examine the source");
    target = place_make(root, destination, S_ISDIR(status.st_mode) ? PLACE_DIRECTORY : PLACE_FILE,
                        error);
    if (target < 0)
        return false;
    if (move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0) {
        g_set_error_literal(error, FAILURE, FAILURE_SYSTEM, g_strerror(errno));
        return false;
    }
    return true;
}

/* A mount can be taken away by the name it has in its directory only: no path of /proc is used,
 * which is the guest's. */
static bool
enter_parent(int root, const char *destination, char **ret_name, GError **error)
{
    g_autofree char *above = g_path_get_dirname(destination);
    g_auto(Fd) parent = place_open(root, above, O_PATH | O_DIRECTORY, error);

    if (parent < 0)
        return false;
    if (fchdir(parent) < 0)
        return fail_errno(error, errno, "cannot enter '%s' of the container", above);
    *ret_name = g_path_get_basename(destination);
    return true;
}

bool
inside_detach(int root, const char *destination, bool lazily, GError **error)
{
    g_autofree char *name = NULL;

    if (!enter_parent(root, destination, &name, error))
        return false;
    if (umount2(name, UMOUNT_NOFOLLOW | (lazily ? MNT_DETACH : 0)) == 0)
        return true;
    if (errno == EBUSY)
        return fail(error, FAILURE_OPERATION_FAILED,
                    "'%s' is in use in the container; end what uses it", destination);
    /* the guest has done it already */
    return errno == EINVAL || errno == ENOENT ||
           fail_errno(error, errno, "cannot unmount '%s' of the container", destination);
}

bool
inside_set_readonly(int root, const char *destination, bool readonly, GError **error)
{
    /* nothing that the host mounts there later may be writable */
    struct mount_attr attributes = {
        .attr_set = readonly ? MOUNT_ATTR_RDONLY : 0,
        .attr_clr = readonly ? 0 : MOUNT_ATTR_RDONLY,
        .propagation = readonly ? MS_PRIVATE : 0,
    };
    g_auto(Fd) place = place_open(root, destination, O_PATH, error);

    if (place < 0)
        return false;
    if (mount_setattr(place, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof(attributes)) ==
        0)
        return true;
    if (errno == EBUSY)
        return fail(error, FAILURE_OPERATION_FAILED,
                    "files below '%s' are open for writing in the container; end what writes",
                    destination);
    if (errno == EINVAL)
        return fail(error, FAILURE_OPERATION_FAILED,
                    "nothing is mounted on '%s' of the container any more", destination);
    return fail_errno(error, errno, "cannot make '%s' of the container %s", destination,
                      readonly ? "read-only" : "writable");
}
