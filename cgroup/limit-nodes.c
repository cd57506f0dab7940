/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory nodes of a group that has others below it. */
#include <errno.h>

#include "cgroup/layout.h"
#include "cgroup/limit.h"
#include "cgroup/tree.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

#define NODES "cpuset.mems"

char *
limit_read_nodes(const CgroupLayout *layout, const char *group, GError **error)
{
    g_autofree char *nodes = cgroup_read(layout, CGROUP_CPUSET, group, NODES, error);

    if (!nodes)
        return NULL;
    /* nothing said on v2: what the group above has */
    if (!g_strstrip(nodes)[0] && cgroup_version(layout, CGROUP_CPUSET) == 2) {
        g_free(nodes);
        if (!(nodes = cgroup_read(layout, CGROUP_CPUSET, group, NODES ".effective", error)))
            return NULL;
        g_strstrip(nodes);
    }
    return g_steal_pointer(&nodes);
}

/* What is there and @nodes: a group above may only be narrowed when those below are. */
static void
group_widen(int group, gpointer nodes)
{
    g_autofree char *before = cgroup_file_read(group, NODES);
    g_autofree char *both = NULL;

    if (!before)
        return;
    both = g_strconcat(g_strstrip(before), before[0] ? "," : "", nodes, NULL);
    cgroup_file_write(group, NODES, both);
    cgroup_file_write(group, "cpuset.memory_migrate", "1");
}

/* Deepest first, so a group that cannot be narrowed makes those above it fail, which is seen. */
static void
group_narrow(int group, gpointer nodes)
{
    cgroup_file_write(group, NODES, nodes);
}

bool
limit_write_nodes(const CgroupLayout *layout, const char *group, const char *nodes, GError **error)
{
    g_autofree char *path = g_strconcat(group, "/" NODES, NULL);
    g_autofree char *below = g_strconcat(group, "/guest", NULL);
    g_auto(Fd) directory = -1;
    g_auto(Fd) guest = -1;

    /* v2 takes any wish and intersects it; v1 wants each group within the one above it */
    if (cgroup_version(layout, CGROUP_CPUSET) != 1)
        return cgroup_write(layout, CGROUP_CPUSET, path, nodes, error);
    if ((directory = cgroup_open(layout, CGROUP_CPUSET, group, error)) < 0)
        return false;
    group_widen(directory, (gpointer)nodes);
    if ((guest = cgroup_open(layout, CGROUP_CPUSET, below, NULL)) >= 0)
        group_widen(guest, (gpointer)nodes);
    cgroup_tree_visit(directory, group_widen, (gpointer)nodes);
    cgroup_tree_visit(directory, group_narrow, (gpointer)nodes);
    return cgroup_write(layout, CGROUP_CPUSET, path, nodes, error);
}
