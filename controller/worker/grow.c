/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a mounted file system as large as its device has become. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "controller/mounts/place.h"
#include "controller/wire/failure.h"
#include "controller/worker/guest.h"
#include "controller/worker/worker.h"

#define EXT4_MAGIC 0xef53
/* of the kernel's fs/ext4/ext4.h; ext2 and ext3 are mounted by ext4 */
#define EXT4_RESIZE _IOW('f', 16, uint64_t)

/* A guest may have mounted something else there. */
static bool
check_device(int directory, const char *target, const char *const *number, GError **error)
{
    struct stat status;

    if (fstat(directory, &status) < 0)
        return fail_errno(error, errno, "cannot look at '%s' of the container", target);
    if (major(status.st_dev) == strtoul(number[0], NULL, 10) &&
        minor(status.st_dev) == strtoul(number[1], NULL, 10))
        return true;
    return fail(error, FAILURE_OPERATION_INVALID,
                "the image is larger, but what is mounted at '%s' of the container is not in it",
                target);
}

bool
filesystem_grow(Request *request, GError **error)
{
    g_auto(Fd) init = message_take_fd(request->fds, 0);
    const char *target = request->arguments[0];
    g_auto(Fd) root = -1;
    g_auto(Fd) directory = -1;
    struct statfs space;
    uint64_t blocks;

    if (g_strv_length((char **)request->arguments) != 4)
        return fail(error, FAILURE_INTERNAL, "the call has not four arguments");
    if (!guest_enter(init, error) || (root = guest_open_root(error)) < 0 ||
        (directory = place_open(root, target, O_RDONLY | O_DIRECTORY, error)) < 0)
        return false;
    if (fstatfs(directory, &space) < 0)
        return fail_errno(error, errno, "cannot look at '%s' of the container", target);
    if (space.f_type != EXT4_MAGIC)
        return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                    "the image is larger, but its file system is not: only ext4 is made larger "
                    "from outside; run xfs_growfs or btrfs filesystem resize in the container");
    if (!check_device(directory, target, (const char *const *)request->arguments + 1, error))
        return false;
    blocks = strtoull(request->arguments[3], NULL, 10) / (uint64_t)space.f_bsize;
    if (ioctl(directory, EXT4_RESIZE, &blocks) < 0)
        return fail_errno(
            error, errno,
            "the image is larger, but the file system at '%s' of the container is not", target);
    return true;
}
