/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups of v1 hierarchies. */
#include "cgroup/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup/tree.h"
#include "controller/wire/container.h"
#include "controller/wire/failure.h"

/* A cpuset without cpus and memory nodes takes no tasks; a fresh one has neither. */
static bool
cpuset_inherit(int parent, int group, const char *file, GError **error)
{
    g_autofree char *own = cgroup_file_read(group, file);
    g_autofree char *inherited = NULL;

    if (own && g_strstrip(own)[0])
        return true;
    inherited = cgroup_file_read(parent, file);
    if (!inherited || !cgroup_file_write(group, file, g_strstrip(inherited)))
        return fail_errno(error, errno, "cannot copy '%s' from the group above", file);
    return true;
}

static bool
v1_prepare(const CgroupHierarchy *hierarchy, int parent, int group, GError **error)
{
    if (!g_strv_contains((const char *const *)hierarchy->controllers, "cpuset"))
        return true;
    return cpuset_inherit(parent, group, "cpuset.cpus", error) &&
           cpuset_inherit(parent, group, "cpuset.mems", error);
}

static void
device_number(char *text, size_t size, int64_t number)
{
    if (number < 0)
        g_strlcpy(text, "*", size);
    else
        g_snprintf(text, size, "%" G_GINT64_FORMAT, number);
}

static bool
v1_limit_devices(int group, const GPtrArray *rules, GError **error)
{
    guint i;

    if (!cgroup_file_write(group, "devices.deny", "a"))
        return fail_errno(error, errno, "cannot deny devices");
    for (i = 0; rules && i < rules->len; i++) {
        const ContainerDeviceRule *rule = g_ptr_array_index(rules, i);
        const char *file = rule->allow ? "devices.allow" : "devices.deny";
        const char *access = rule->access ? rule->access : "rwm";
        const char *types = rule->type && rule->type[0] != 'a' ? rule->type : "bc";
        char major[24];
        char minor[24];

        /* "a" in these files means everything, whatever follows it: say both types instead */
        if (types[1] == 'c' && rule->major < 0 && rule->minor < 0 && strlen(access) == 3) {
            if (!cgroup_file_write(group, file, "a"))
                return fail_errno(error, errno, "cannot write 'a' to '%s'", file);
            continue;
        }
        device_number(major, sizeof(major), rule->major);
        device_number(minor, sizeof(minor), rule->minor);
        for (; *types; types++) {
            char value[64];

            g_snprintf(value, sizeof(value), "%c %s:%s %s", *types, major, minor, access);
            if (!cgroup_file_write(group, file, value))
                return fail_errno(error, errno, "cannot write '%s' to '%s'", value, file);
        }
    }
    return true;
}

static bool
v1_freeze(int group, bool frozen, bool *ret_reached, GError **error)
{
    const char *wanted = frozen ? "FROZEN" : "THAWED";
    g_autofree char *state = NULL;

    /* written each time: with tasks that come and go one write may leave the group FREEZING */
    if (!cgroup_file_write(group, "freezer.state", wanted))
        return fail_errno(error, errno, "cannot write '%s' to 'freezer.state'", wanted);
    if (!(state = cgroup_file_read(group, "freezer.state")))
        return fail_errno(error, errno, "cannot read 'freezer.state'");
    *ret_reached = g_str_has_prefix(state, wanted);
    return true;
}

static void
group_kill(int group, gpointer data)
{
    g_autofree char *pids = cgroup_file_read(group, "cgroup.procs");
    char *line = pids;

    while (line && *line) {
        long pid = strtol(line, &line, 10);

        if (pid > 0)
            kill(pid, SIGKILL);
        line = line + strspn(line, "\n");
    }
    /* a suspended task dies when it runs again */
    cgroup_file_write(group, "freezer.state", "THAWED");
}

static void
v1_kill(int group)
{
    cgroup_tree_visit(group, group_kill, NULL);
}

static void
group_count(int group, gpointer data)
{
    g_autofree char *pids = cgroup_file_read(group, "cgroup.procs");
    bool *populated = data;

    if (pids && *pids)
        *populated = true;
}

static bool
v1_populated(int group)
{
    bool populated = false;

    cgroup_tree_visit(group, group_count, &populated);
    return populated;
}

static const char *const *
v1_delegated(const CgroupHierarchy *hierarchy)
{
    static const char *const files[] = { ".", "cgroup.procs", "tasks", NULL };

    /* a hierarchy without a controller limits nothing, so nothing can be loosened */
    return g_strv_contains((const char *const *)hierarchy->controllers, "name=systemd") ? files
                                                                                        : NULL;
}

const CgroupVersion cgroup_v1 = {
    .prepare = v1_prepare,
    .limit_devices = v1_limit_devices,
    .freeze = v1_freeze,
    .kill = v1_kill,
    .populated = v1_populated,
    .delegated = v1_delegated,
};
