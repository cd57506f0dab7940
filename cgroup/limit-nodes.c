/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processors and memory nodes of a group that has others below it. */
#include "cgroup/layout.h"
#include "cgroup/limit.h"
#include "cgroup/tree.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

#define NODES      "cpuset.mems"
#define PROCESSORS "cpuset.cpus"

/* What is written to which file of each group. */
typedef struct {
    const char *file;
    const char *list;
} Narrowing;

static char *
read_list(const CgroupLayout *layout, const char *group, const char *file, GError **error)
{
    g_autofree char *list = cgroup_read(layout, CGROUP_CPUSET, group, file, error);

    if (!list)
        return NULL;
    /* nothing said on v2: what the group above has */
    if (!g_strstrip(list)[0] && cgroup_version(layout, CGROUP_CPUSET) == 2) {
        g_autofree char *effective = g_strconcat(file, ".effective", NULL);

        g_free(list);
        if (!(list = cgroup_read(layout, CGROUP_CPUSET, group, effective, error)))
            return NULL;
        g_strstrip(list);
    }
    return g_steal_pointer(&list);
}

char *
limit_read_nodes(const CgroupLayout *layout, const char *group, GError **error)
{
    return read_list(layout, group, NODES, error);
}

char *
limit_read_processors(const CgroupLayout *layout, const char *group, GError **error)
{
    return read_list(layout, group, PROCESSORS, error);
}

/* What is there and the list: a group above may only be narrowed when those below are. */
static void
group_widen(int group, gpointer data)
{
    const Narrowing *narrowing = data;
    g_autofree char *before = cgroup_file_read(group, narrowing->file);
    g_autofree char *both = NULL;

    if (!before)
        return;
    both = g_strconcat(g_strstrip(before), before[0] ? "," : "", narrowing->list, NULL);
    cgroup_file_write(group, narrowing->file, both);
    if (g_str_equal(narrowing->file, NODES))
        cgroup_file_write(group, "cpuset.memory_migrate", "1");
}

/* Deepest first, so a group that cannot be narrowed makes those above it fail, which is seen. */
static void
group_narrow(int group, gpointer data)
{
    const Narrowing *narrowing = data;

    cgroup_file_write(group, narrowing->file, narrowing->list);
}

static bool
write_list(const CgroupLayout *layout, const char *group, const Narrowing *narrowing,
           GError **error)
{
    g_autofree char *path = g_strconcat(group, "/", narrowing->file, NULL);
    g_autofree char *below = g_strconcat(group, "/guest", NULL);
    g_auto(Fd) directory = -1;
    g_auto(Fd) guest = -1;

    /* v2 takes any wish and intersects it; v1 wants each group within the one above it */
    if (cgroup_version(layout, CGROUP_CPUSET) != 1)
        return cgroup_write(layout, CGROUP_CPUSET, path, narrowing->list, error);
    if ((directory = cgroup_open(layout, CGROUP_CPUSET, group, error)) < 0)
        return false;
    group_widen(directory, (gpointer)narrowing);
    if ((guest = cgroup_open(layout, CGROUP_CPUSET, below, NULL)) >= 0)
        group_widen(guest, (gpointer)narrowing);
    cgroup_tree_visit(directory, group_widen, (gpointer)narrowing);
    cgroup_tree_visit(directory, group_narrow, (gpointer)narrowing);
    return cgroup_write(layout, CGROUP_CPUSET, path, narrowing->list, error);
}

bool
limit_write_nodes(const CgroupLayout *layout, const char *group, const char *nodes, GError **error)
{
    const Narrowing narrowing = { NODES, nodes };

    return write_list(layout, group, &narrowing, error);
}

bool
limit_write_processors(const CgroupLayout *layout, const char *group, const char *processors,
                       GError **error)
{
    g_autofree char *above = g_path_get_dirname(group);
    g_autofree char *all = NULL;
    Narrowing narrowing = { PROCESSORS, processors };

    if (!processors) {
        if (!(all = read_list(layout, above, PROCESSORS, error)))
            return false;
        narrowing.list = all;
    }
    return write_list(layout, group, &narrowing, error);
}
