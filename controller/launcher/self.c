/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeping /proc/self/exe out of a guest's reach. */
#include "controller/launcher/self.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

/* Set across the execution: a file that is a mount of its own has no directory. */
#define DIRECTORY_VARIABLE "LIBVIRT_LXC_DIRECTORY"

static bool
self_is_readonly(void)
{
    g_auto(Fd) fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);
    struct statvfs status;

    return fd >= 0 && fstatvfs(fd, &status) == 0 && (status.f_flag & ST_RDONLY);
}

static bool
self_execute(char **argv, GError **error)
{
    struct mount_attr attributes = { .attr_set = MOUNT_ATTR_RDONLY, .propagation = MS_PRIVATE };
    g_auto(Fd) clone = open_tree(AT_FDCWD, "/proc/self/exe", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

    if (clone < 0 || mount_setattr(clone, "", AT_EMPTY_PATH, &attributes, sizeof(attributes)) < 0)
        return fail_errno(error, errno,
                          "cannot make a read-only mount of the controller's program");
    execveat(clone, "", argv, environ, AT_EMPTY_PATH);
    return fail_errno(error, errno, "cannot execute the controller from a read-only mount");
}

char *
self_protect(char **argv, GError **error)
{
    g_autofree char *directory = g_strdup(g_getenv(DIRECTORY_VARIABLE));
    g_autofree char *program = NULL;

    /* the variable alone is not believed */
    if (directory && self_is_readonly()) {
        g_unsetenv(DIRECTORY_VARIABLE);
        /* executed by descriptor, it has the descriptor's number for a name */
        prctl(PR_SET_NAME, "libvirt_lxc");
        return g_steal_pointer(&directory);
    }
    if (!(program = g_file_read_link("/proc/self/exe", NULL))) {
        fail_errno(error, errno, "cannot read '/proc/self/exe'");
        return NULL;
    }
    g_free(directory);
    directory = g_path_get_dirname(program);
    g_setenv(DIRECTORY_VARIABLE, directory, TRUE);
    self_execute(argv, error);
    return NULL;
}
