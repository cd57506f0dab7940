/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest's root: attached, and in the end the only thing there is. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "controller/kernel.h"
#include "controller/launcher/steps.h"
#include "controller/wire/failure.h"

/* A root that is the host's own has the host's mounts here. */
static const char *const covered[] = { "proc", "sys", "dev" };

bool
rootfs_attach(Launch *launch, GError **error)
{
    size_t i;

    /* our copy of the host's mounts: nothing that follows goes back to the host */
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return fail_errno(error, errno, "cannot make the mounts private");
    /* on top of the old root, which exists in any case and can be reached by every user */
    if (move_mount(launch->root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return fail_errno(error, errno, "cannot mount '%s'", launch->container->root->path);
    if (fchdir(launch->root) < 0)
        return fail_errno(error, errno, "cannot enter '%s'", launch->container->root->path);
    for (i = 0; i < G_N_ELEMENTS(covered); i++) {
        /* with all that is mounted below; several may lie on top of each other */
        while (umount2(covered[i], MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
            continue;
    }
    return true;
}

bool
rootfs_enter(Launch *launch, GError **error)
{
    /* the new root is the working directory; the old one ends up on top of it and is taken away */
    if (fchdir(launch->root) < 0 || kernel_pivot_root(".", ".") < 0)
        return fail_errno(error, errno, "cannot make '%s' the root", launch->container->root->path);
    if (umount2(".", MNT_DETACH) < 0)
        return fail_errno(error, errno, "cannot detach the host's root");
    if (chdir("/") < 0)
        return fail_errno(error, errno, "cannot change to '/'");
    return true;
}
