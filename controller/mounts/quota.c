/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Quotas of directories, by three file systems. */
#include "controller/mounts/quota.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "controller/kernel.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif
#ifndef PRJQUOTA
#define PRJQUOTA 2
#endif

/* Bytes per unit of dqb_bhardlimit. */
#define QUOTA_BLOCK 1024

/* Projects of ours; administrators count theirs from 1. */
#define PROJECT_FIRST 0x40000000U
#define PROJECT_TRIES 1024

static bool
limit_subvolume(int fd, const char *directory, uint64_t bytes, GError **error)
{
    /* quota group 0 stands for that of the descriptor's subvolume */
    struct btrfs_ioctl_qgroup_limit_args arguments = {
        .lim = { .flags = BTRFS_QGROUP_LIMIT_MAX_RFER, .max_rfer = bytes },
    };
    struct stat status;

    if (fstat(fd, &status) < 0)
        return fail_errno(error, errno, "cannot examine '%s'", directory);
    if (status.st_ino != BTRFS_FIRST_FREE_OBJECTID)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "'%s' is no subvolume, and btrfs limits nothing else; make it one with 'btrfs "
                    "subvolume create', or remove <space_hard_limit>",
                    directory);
    if (ioctl(fd, BTRFS_IOC_QGROUP_LIMIT, &arguments) == 0)
        return true;
    if (errno == ENOTCONN || errno == EINVAL || errno == ENOENT)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "the btrfs of '%s' has no quotas; switch them on with 'btrfs quota enable %s', "
                    "or remove <space_hard_limit>",
                    directory, directory);
    return fail_errno(error, errno, "cannot limit the space of '%s'", directory);
}

/* Linux 5.14; with a descriptor instead of the device's path */
static int
project_quota(int fd, int command, uint32_t project, struct dqblk *block)
{
    /* the macro shifts what it is given, and commands of XFS have a high bit set */
    return syscall(SYS_quotactl_fd, fd, QCMD((unsigned)command, PRJQUOTA), project, block);
}

static bool
fail_project(GError **error, int errnum, const char *directory)
{
    if (errnum == ESRCH || errnum == ENOSYS || errnum == EINVAL || errnum == EOPNOTSUPP ||
        errnum == ENOTTY)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "the file system of '%s' has no project quotas; mount it with the option "
                    "'prjquota' (an ext4 after 'tune2fs -O project,quota'), or remove "
                    "<space_hard_limit>",
                    directory);
    return fail_errno(error, errnum, "cannot limit the space of '%s'", directory);
}

/* A project that nothing belongs to and nobody has limited. */
static bool
find_project(int fd, const char *directory, uint32_t *ret_project, GError **error)
{
    uint32_t project = PROJECT_FIRST | (g_str_hash(directory) & (PROJECT_FIRST - 1));
    int tries;

    for (tries = 0; tries < PROJECT_TRIES; tries++, project++) {
        struct dqblk block = { 0 };

        if (project_quota(fd, Q_GETQUOTA, project, &block) < 0 && errno != ENOENT)
            return fail_project(error, errno, directory);
        if (block.dqb_curspace == 0 && block.dqb_curinodes == 0 && block.dqb_bhardlimit == 0) {
            *ret_project = project;
            return true;
        }
    }
    return fail(error, FAILURE_SYSTEM, "no project id is free for '%s'", directory);
}

/* What is made below a directory of a project belongs to it, too. */
static bool
join_project(int fd, bool directory, uint32_t project)
{
    struct fsxattr attributes;

    if (ioctl(fd, FS_IOC_FSGETXATTR, &attributes) < 0)
        return false;
    attributes.fsx_projid = project;
    if (directory)
        attributes.fsx_xflags |= FS_XFLAG_PROJINHERIT;
    return ioctl(fd, FS_IOC_FSSETXATTR, &attributes) == 0;
}

/* Another guest may be changing what is there: nothing is opened but below the directory. */
static bool
join_below(int top, const char *directory, uint32_t project, GError **error)
{
    char *const paths[] = { (char *)directory, NULL };
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);
    size_t length = strlen(directory);
    bool good = walk != NULL;
    FTSENT *entry;

    while (good && (entry = fts_read(walk))) {
        const char *below = entry->fts_path + length + strspn(entry->fts_path + length, "/");
        g_auto(Fd) fd = -1;

        /* nothing else has an inode that can be opened without effect, nor takes much space */
        if (*below == '\0' || (entry->fts_info != FTS_D && entry->fts_info != FTS_F))
            continue;
        fd = kernel_openat2(top, below, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0,
                            RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
        good = fd < 0 ? errno == ENOENT : join_project(fd, entry->fts_info == FTS_D, project);
        if (!good)
            fail_errno(error, errno, "cannot count '%s'", entry->fts_path);
    }
    if (walk)
        fts_close(walk);
    else
        fail_errno(error, errno, "cannot read '%s'", directory);
    return good;
}

/* The directory itself comes last: one that has a project has been counted as a whole. */
static bool
enter_project(int fd, const char *directory, uint32_t *ret_project, GError **error)
{
    struct fsxattr attributes;

    if (ioctl(fd, FS_IOC_FSGETXATTR, &attributes) < 0)
        return fail_project(error, errno, directory);
    *ret_project = attributes.fsx_projid;
    if (attributes.fsx_projid != 0)
        return true;
    if (!find_project(fd, directory, ret_project, error) ||
        !join_below(fd, directory, *ret_project, error))
        return false;
    return join_project(fd, true, *ret_project) || fail_project(error, errno, directory);
}

static bool
limit_project(int fd, const char *directory, uint64_t bytes, GError **error)
{
    struct dqblk block = { .dqb_bhardlimit = (bytes + QUOTA_BLOCK - 1) / QUOTA_BLOCK,
                           .dqb_valid = QIF_BLIMITS };
    uint32_t project = 0;

    if (!enter_project(fd, directory, &project, error))
        return false;
    return project_quota(fd, Q_SETQUOTA, project, &block) == 0 ||
           fail_project(error, errno, directory);
}

bool
quota_limit(const char *directory, uint64_t bytes, bool exempt, GError **error)
{
    g_auto(Fd) fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct statfs status;

    if (fd < 0 || fstatfs(fd, &status) < 0)
        return fail_errno(error, errno, "cannot open the directory '%s'", directory);
    if (status.f_type == BTRFS_SUPER_MAGIC)
        return limit_subvolume(fd, directory, bytes, error);
    if (status.f_type == EXT4_SUPER_MAGIC && exempt)
        return fail(
            error, FAILURE_CONFIG_UNSUPPORTED,
            "the ext4 of '%s' does not limit a container that has CAP_SYS_RESOURCE; drop it "
            "(<sys_resource state='off'/>), give the container an <idmap>, or keep the "
            "directory on btrfs or XFS",
            directory);
    if (status.f_type == EXT4_SUPER_MAGIC || status.f_type == XFS_SUPER_MAGIC)
        return limit_project(fd, directory, bytes, error);
    return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                "the file system of '%s' cannot limit the space of a directory; keep it on btrfs, "
                "ext4 or XFS, or remove <space_hard_limit>",
                directory);
}
