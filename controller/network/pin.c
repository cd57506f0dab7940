/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pins of network namespaces. Devices of the host must come back from a guest however it ends; what
 * the kernel does with those that are left in a namespace is to give them the host under whatever
 * name, or to delete them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "controller/network/interface.h"
#include "controller/wire/failure.h"

bool
network_pin(const char *source, const char *path, GError **error)
{
    g_auto(Fd) file = -1;

    network_unpin(path);
    file = open(path, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return fail_errno(error, errno, "cannot create '%s'", path);
    if (mount(source, path, NULL, MS_BIND, NULL) == 0)
        return true;
    fail_errno(error, errno, "cannot mount the container's network namespace on '%s'", path);
    unlink(path);
    return false;
}

bool
network_is_pinned(const char *path)
{
    struct statfs about;

    return statfs(path, &about) == 0 && about.f_type == NSFS_MAGIC;
}

void
network_unpin(const char *path)
{
    umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
    unlink(path);
}
