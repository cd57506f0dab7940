/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the guest gets of the host's files, taken with the host's privileges as detached mounts:
 * from here on they are descriptors, and no path of the host is looked up again.
 */
#include "controller/mounts/source.h"

#include <errno.h>
#include <sys/stat.h>

#include "controller/launcher/steps.h"
#include "controller/mounts/image.h"
#include "controller/wire/failure.h"

static char *const bound[] = { (char *)"rbind", NULL };
static char *const bound_readonly[] = { (char *)"rbind", (char *)"ro", NULL };

static bool
root_open(Launch *launch, SourceContext *context, GError **error)
{
    const ContainerRoot *root = launch->container->root;
    const ContainerMount plain = {
        .type = (char *)"bind",
        .source = root->path,
        .options = (char **)(root->readonly ? bound_readonly : bound),
    };
    struct stat status;

    launch->root = source_open(context, root->mount ? root->mount : &plain, error);
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
    g_auto(SourceContext) context = {
        .uid_mappings = launch->container->os->uid_mappings,
        .gid_mappings = launch->container->os->gid_mappings,
        .capabilities = launch->container->process->capabilities,
        .user_namespace = -1,
        .servers = launch->servers,
    };
    guint i;

    if (!root_open(launch, &context, error))
        return false;
    for (i = 0; i < launch->container->mounts->len; i++) {
        const ContainerMount *mount = g_ptr_array_index(launch->container->mounts, i);

        if (!source_is_host(mount))
            continue;
        launch->trees[i] = source_open(&context, mount, error);
        if (launch->trees[i] < 0) {
            source_explain(mount, error);
            return false;
        }
    }
    return true;
}

void
sources_close(Launch *launch)
{
    guint i;

    fd_close(&launch->root);
    for (i = 0; i < launch->container->mounts->len; i++)
        fd_close(&launch->trees[i]);
    for (i = 0; i < launch->servers->len; i++)
        image_server_await(g_array_index(launch->servers, pid_t, i));
    g_array_set_size(launch->servers, 0);
}
