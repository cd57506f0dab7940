/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mounts of the definition, each on a place inside the root, in order. */
#include <string.h>

#include "controller/launcher/groups.h"
#include "controller/mounts/inside.h"
#include "controller/mounts/source.h"
#include "controller/launcher/steps.h"
#include "controller/wire/failure.h"

static bool
attach_row(Launch *launch, const ContainerMount *mount, Fd *tree, GError **error)
{
    GError *local = NULL;

    if (g_strcmp0(mount->type, "cgroup") == 0 || g_strcmp0(mount->type, "cgroup2") == 0)
        return groups_mount_view(launch, mount, error);
    if (*tree < 0) {
        *tree = inside_open(launch->root, mount, &local);
        if (*tree < 0) {
            if (local)
                g_propagate_error(error, local);
            return local == NULL;
        }
    }
    return inside_attach(launch->root, *tree, mount->destination, error);
}

bool
mounts_attach(Launch *launch, GError **error)
{
    guint i;

    for (i = 0; i < launch->container->mounts->len; i++) {
        const ContainerMount *mount = g_ptr_array_index(launch->container->mounts, i);

        if (!devices_await(launch, mount, error))
            return false;
        if (attach_row(launch, mount, &launch->trees[i], error))
            continue;
        source_explain(mount, error);
        return false;
    }
    return true;
}
