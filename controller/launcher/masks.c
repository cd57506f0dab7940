/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files and directories of the container that are hidden, or can only be read. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "controller/mounts/mount-options.h"
#include "controller/mounts/place.h"
#include "controller/launcher/steps.h"
#include "controller/wire/failure.h"

#define NULL_MAJOR 1
#define NULL_MINOR 3
#define MOVE_BY_FD (MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)

/* *ret_place is -1 for a path that is not there: kernels differ in what they have. */
static bool
open_place(const Launch *launch, const char *path, Fd *ret_place, GError **error)
{
    g_autoptr(GError) local = NULL;

    *ret_place = place_open(launch->root, path, O_PATH, &local);
    if (*ret_place >= 0 || errno == ENOENT || errno == ENOTDIR)
        return true;
    g_propagate_error(error, g_steal_pointer(&local));
    return false;
}

static int
tree_clone(int place)
{
    return open_tree(place, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
}

/* What files and directories are covered with. */
typedef struct {
    Fd null;
    Fd empty; /* where it has been mounted first; -1: nowhere yet */
} Covers;

static int
empty_directory(GError **error)
{
    static const char *const words[] = { "ro",        "nosuid", "nodev", "noexec",
                                         "mode=0555", "size=0", NULL };
    g_auto(MountOptions) options = { 0 };

    mount_options_init(&options, words);
    return mount_create("tmpfs", &options, error);
}

static bool
mask_path(const Launch *launch, const char *path, Covers *covers, GError **error)
{
    g_auto(Fd) place = -1;
    g_auto(Fd) cover = -1;
    struct stat status;
    bool first;

    if (!open_place(launch, path, &place, error))
        return false;
    if (place < 0)
        return true;
    if (fstat(place, &status) < 0)
        return fail_errno(error, errno, "cannot examine '%s'", path);
    /* one file system for all directories: each costs memory, and time when it goes */
    first = S_ISDIR(status.st_mode) && covers->empty < 0;
    if (first && (cover = empty_directory(error)) < 0)
        return false;
    if (!first)
        cover = tree_clone(S_ISDIR(status.st_mode) ? covers->empty : covers->null);
    if (cover < 0 || move_mount(cover, "", place, "", MOVE_BY_FD) < 0)
        return fail_errno(error, errno, "cannot mask '%s'", path);
    if (first)
        covers->empty = fd_steal(&cover);
    return true;
}

static bool
protect_path(const Launch *launch, const char *path, GError **error)
{
    /* only the mount itself: what is mounted below it has attributes of its own */
    struct mount_attr attributes = { .attr_set = MOUNT_ATTR_RDONLY };
    g_auto(Fd) place = -1;
    g_auto(Fd) tree = -1;

    if (!open_place(launch, path, &place, error))
        return false;
    if (place < 0)
        return true;
    tree = tree_clone(place);
    if (tree < 0 || mount_setattr(tree, "", AT_EMPTY_PATH, &attributes, sizeof(attributes)) < 0 ||
        move_mount(tree, "", place, "", MOVE_BY_FD) < 0)
        return fail_errno(error, errno, "cannot make '%s' read-only", path);
    return true;
}

/* The node made by devices.c, on the tmpfs mounted on /dev: no file of the guest's. */
static bool
open_null(const Launch *launch, Fd *ret_null, GError **error)
{
    struct stat status;

    if ((*ret_null = place_open(launch->root, "/dev/null", O_PATH, error)) < 0)
        return false;
    if (fstat(*ret_null, &status) < 0 || !S_ISCHR(status.st_mode) ||
        status.st_rdev != makedev(NULL_MAJOR, NULL_MINOR))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "'/dev/null' of the container is another file: remove the <filesystem> with "
                    "target '/dev'");
    return true;
}

bool
masks_apply(Launch *launch, GError **error)
{
    const ContainerLinux *os = launch->container->os;
    Covers covers = { -1, -1 };
    char **path;
    bool good;

    for (path = os->readonly_paths; path && *path; path++) {
        if (!protect_path(launch, *path, error))
            return false;
    }
    if (!os->masked_paths || !os->masked_paths[0])
        return true;
    good = open_null(launch, &covers.null, error);
    for (path = os->masked_paths; good && *path; path++)
        good = mask_path(launch, *path, &covers, error);
    fd_close(&covers.null);
    fd_close(&covers.empty);
    return good;
}
