/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An image can name files of the host, as backing or data files, and addresses of servers. The
 * program that reads it finds only what lies beside the image.
 */
#include "controller/mounts/nbd-sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/kernel.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

/* Where programs, their libraries and the list of these are; those that the host has not, the
 * server has not either. */
static const char *const programs[] = { "/usr",   "/bin",   "/sbin",           "/lib",
                                        "/lib32", "/lib64", "/etc/ld.so.cache" };

/* Of data. */
#define BESIDE (MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

static bool
make_above(int root, const char *path, GError **error)
{
    g_autofree char *part = g_strdup(path);
    char *end;

    for (end = strchr(part + 1, '/'); end; end = strchr(end + 1, '/')) {
        *end = '\0';
        if (mkdirat(root, part + 1, 0755) < 0 && errno != EEXIST && errno != EROFS)
            return fail_errno(error, errno, "cannot make '%s'", part);
        *end = '/';
    }
    return true;
}

/* Puts @tree with @attributes at @path, where a directory or file like it is made when there is
 * none. */
static bool
place(int root, int tree, const char *path, uint64_t attributes, GError **error)
{
    struct mount_attr set = { .attr_set = MOUNT_ATTR_NOSUID | attributes };
    struct stat status;
    int made;

    if (fstat(tree, &status) < 0)
        return fail_errno(error, errno, "cannot examine '%s'", path);
    if (!make_above(root, path, error))
        return false;
    made = S_ISDIR(status.st_mode) ? mkdirat(root, path + 1, 0755)
                                   : mknodat(root, path + 1, S_IFREG | 0600, 0);
    if (made < 0 && errno != EEXIST && errno != EROFS)
        return fail_errno(error, errno, "cannot make '%s'", path);
    if (mount_setattr(tree, "", AT_EMPTY_PATH, &set, sizeof(set)) < 0 ||
        move_mount(tree, "", root, path + 1, MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return fail_errno(error, errno, "cannot bind '%s'", path);
    return true;
}

static bool
place_path(int root, const char *path, uint64_t attributes, GError **error)
{
    g_auto(Fd) tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

    return tree < 0 ? fail_errno(error, errno, "cannot bind '%s'", path)
                    : place(root, tree, path, attributes, error);
}

static bool
place_programs(int root, GError **error)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(programs); i++) {
        g_autofree char *target = g_file_read_link(programs[i], NULL);

        if (target && symlinkat(target, root, programs[i] + 1) < 0)
            return fail_errno(error, errno, "cannot make '%s'", programs[i]);
        if (!target && access(programs[i], F_OK) == 0 &&
            !place_path(root, programs[i], MOUNT_ATTR_NODEV | MOUNT_ATTR_RDONLY, error))
            return false;
    }
    /* by which it finds out how to lock images */
    return place_path(root, "/dev/null", MOUNT_ATTR_NOEXEC, error);
}

/* Its directory first, unless that is the root, which is all there is. */
static bool
place_image(int root, int tree, const char *path, bool readonly, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(path);

    return (g_str_equal(directory, "/") ||
            place_path(root, directory, BESIDE | MOUNT_ATTR_RDONLY, error)) &&
           place(root, tree, path, BESIDE | (readonly ? MOUNT_ATTR_RDONLY : 0), error);
}

static bool
change_root(int root, GError **error)
{
    if (fchdir(root) < 0 || kernel_pivot_root(".", ".") < 0 || umount2(".", MNT_DETACH) < 0 ||
        chdir("/") < 0)
        return fail_errno(error, errno, "cannot change the root");
    return true;
}

/* What it executes next has no more than the bounding set. */
static bool
drop_capabilities(GError **error)
{
    int capability;

    for (capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
        if (capability != CAP_DAC_OVERRIDE && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
            return fail_errno(error, errno, "cannot drop capability %d", capability);
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return fail_errno(error, errno, "cannot set no_new_privs");
    return true;
}

char *
nbd_sandbox_enter(int root, int file, bool readonly, GError **error)
{
    g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", file);
    g_autofree char *path = g_file_read_link(link, error);
    /* while it belongs to the mounts that are ours */
    g_auto(Fd) image = open_tree(file, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

    if (!path)
        return NULL;
    if (image < 0) {
        fail_errno(error, errno, "cannot bind '%s'", path);
        return NULL;
    }
    /* on top of the old root, whose files have their paths until it is left */
    if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC) < 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0) {
        fail_errno(error, errno, "cannot create namespaces");
        return NULL;
    }
    /* programs first: the image may lie below them */
    if (!place_programs(root, error) || !place_image(root, image, path, readonly, error) ||
        !change_root(root, error) || !drop_capabilities(error))
        return NULL;
    return g_steal_pointer(&path);
}
