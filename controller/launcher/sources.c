/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the guest gets of the host's files, taken with the host's privileges as detached mounts:
 * from here on they are descriptors, and no path of the host is looked up again.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "controller/mounts/mount-options.h"
#include "controller/launcher/steps.h"
#include "controller/wire/failure.h"

static int
tree_open(const char *path, const MountOptions *options, GError **error)
{
    g_auto(Fd) tree =
        open_tree(AT_FDCWD, path,
                  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (options->recursive ? AT_RECURSIVE : 0));

    if (tree < 0) {
        g_set_error_literal(error, FAILURE, FAILURE_SYSTEM, g_strerror(errno));
        return -1;
    }
    return mount_adjust(tree, options, error) ? fd_steal(&tree) : -1;
}

static bool
root_open(Launch *launch, GError **error)
{
    const ContainerRoot *root = launch->container->root;
    g_auto(MountOptions) options = { 0 };
    struct stat status;

    mount_options_init(&options, NULL);
    options.recursive = true;
    options.set = root->readonly ? MOUNT_ATTR_RDONLY : 0;
    launch->root = tree_open(root->path, &options, error);
    if (launch->root >= 0 && fstat(launch->root, &status) == 0 && !S_ISDIR(status.st_mode)) {
        fd_close(&launch->root);
        g_set_error_literal(error, FAILURE, FAILURE_SYSTEM, g_strerror(ENOTDIR));
    }
    if (launch->root < 0) {
        g_prefix_error(error, "cannot use '%s' as root: ", root->path);
        return false;
    }
    return true;
}

bool
sources_open(Launch *launch, GError **error)
{
    guint i;

    if (!root_open(launch, error))
        return false;
    for (i = 0; i < launch->container->mounts->len; i++) {
        const ContainerMount *mount = g_ptr_array_index(launch->container->mounts, i);
        g_auto(MountOptions) options = { 0 };

        if (g_strcmp0(mount->type, "bind") != 0 || mount->source_in_container)
            continue;
        if (!mount->source)
            return fail(error, FAILURE_INTERNAL, "the bind mount on '%s' has no source",
                        mount->destination);
        mount_options_init(&options, (const char *const *)mount->options);
        launch->trees[i] = tree_open(mount->source, &options, error);
        if (launch->trees[i] < 0) {
            g_prefix_error(error, "cannot bind '%s' to '%s': ", mount->source, mount->destination);
            return false;
        }
    }
    return true;
}
