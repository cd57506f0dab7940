/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Overlays, also of idmapped layers (Linux 5.19). */
#include "controller/mounts/overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "controller/mounts/idmap.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

static const char *
layer_of(const MountOptions *options, const char *key)
{
    guint i;

    for (i = 0; i < options->data->len; i++) {
        const char *word = g_ptr_array_index(options->data, i);

        if (g_str_has_prefix(word, key) && word[strlen(key)] == '=')
            return word + strlen(key) + 1;
    }
    return NULL;
}

char *
overlay_layer(const MountOptions *options)
{
    const char *upper = layer_of(options, "upperdir");

    return upper ? g_path_get_dirname(upper) : NULL;
}

/* Covers @path by an idmapped mount of itself, in our mount namespace. */
static bool
cover(const char *path, int user_namespace, GError **error)
{
    g_auto(Fd) tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

    if (tree < 0)
        return fail_errno(error, errno, "cannot open '%s'", path);
    if (!idmap_apply(tree, user_namespace, path, false, error))
        return false;
    if (move_mount(tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return fail_errno(error, errno, "cannot mount on '%s'", path);
    return true;
}

/*
 * An overlay does its own work (the directory for that, copies of files) as who mounted it. Only
 * ids of the guest exist in idmapped layers; the capabilities that go with changing them are taken
 * back.
 */
static int
mount_as(const MountOptions *options, uid_t uid, gid_t gid, GError **error)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    uid_t own_uid;
    gid_t own_gid;
    int tree = -1;

    if (syscall(SYS_capget, &header, data) < 0) {
        fail_errno(error, errno, "cannot read the capabilities");
        return -1;
    }
    own_gid = setfsgid(gid);
    own_uid = setfsuid(uid);
    if (syscall(SYS_capset, &header, data) < 0)
        fail_errno(error, errno, "cannot keep the capabilities");
    else
        tree = mount_create("overlay", options, error);
    setfsuid(own_uid);
    setfsgid(own_gid);
    syscall(SYS_capset, &header, data);
    return tree;
}

/* Before Linux 6.15 a layer must be mounted where the process can see it. */
static int
mount_mapped(const MountOptions *options, const OverlayMap *map, GError **error)
{
    const char *lower = layer_of(options, "lowerdir");
    g_autofree char *above = overlay_layer(options);

    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
        fail_errno(error, errno, "cannot make the mounts private");
        return -1;
    }
    if ((lower && !cover(lower, map->user_namespace, error)) ||
        (above && !cover(above, map->user_namespace, error)))
        return -1;
    return mount_as(options, map->uid, map->gid, error);
}

int
overlay_mount(const MountOptions *options, const OverlayMap *map, GError **error)
{
    g_auto(Fd) root = -1;
    g_auto(Fd) own = -1;
    g_auto(Fd) tree = -1;

    if (map->user_namespace < 0)
        return mount_create("overlay", options, error);
    if ((root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 ||
        (own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC)) < 0 || unshare(CLONE_NEWNS) < 0) {
        fail_errno(error, errno, "cannot make a mount namespace for the layers");
        return -1;
    }
    tree = mount_mapped(options, map, error);
    /* the root of a process may be another than that of its mount namespace */
    if (setns(own, CLONE_NEWNS) < 0 || fchdir(root) < 0 || chroot(".") < 0) {
        int errnum = errno;

        g_clear_error(error);
        fail_errno(error, errnum, "cannot return to the host's mount namespace");
        return -1;
    }
    return fd_steal(&tree);
}
