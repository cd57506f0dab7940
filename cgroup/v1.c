/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups of v1 hierarchies. */
#include "cgroup/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup/tree.h"
#include "controller/wire/container.h"
#include "controller/wire/descriptor.h"
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
v1_prepares(const CgroupHierarchy *hierarchy)
{
    return g_strv_contains((const char *const *)hierarchy->controllers, "cpuset");
}

static bool
v1_prepare(const CgroupHierarchy *hierarchy, int parent, int group, GError **error)
{
    g_autofree char *last = cgroup_file_read(group, "cpuset.mems");

    if (last && g_strstrip(last)[0])
        return true;
    /* the groups below it inherit by themselves, without the kernel arranging its processors anew
     */
    cgroup_file_write(group, "cgroup.clone_children", "1");
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

/* Where rules of devices are written, one after the other. */
typedef struct {
    Fd allow;
    Fd deny;
} RuleFiles;

#define RULE_FILES_NONE \
    {                   \
        -1, -1          \
    }

static void
rule_files_close(RuleFiles *files)
{
    fd_close(&files->allow);
    fd_close(&files->deny);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RuleFiles, rule_files_close)

static bool
rule_files_open(int group, RuleFiles *files, GError **error)
{
    files->allow = openat(group, "devices.allow", O_WRONLY | O_CLOEXEC);
    files->deny = openat(group, "devices.deny", O_WRONLY | O_CLOEXEC);
    return (files->allow >= 0 && files->deny >= 0) ||
           fail_errno(error, errno,
                      "cannot open 'devices.allow' or 'devices.deny' of a control group");
}

static bool
write_text(const RuleFiles *files, bool allow, const char *value, GError **error)
{
    if (write(allow ? files->allow : files->deny, value, strlen(value)) < 0)
        return fail_errno(error, errno, "cannot write '%s' to '%s'", value,
                          allow ? "devices.allow" : "devices.deny");
    return true;
}

static bool
write_rule(const RuleFiles *files, const ContainerDeviceRule *rule, bool allow, GError **error)
{
    const char *access = rule->access ? rule->access : "rwm";
    const char *types = rule->type && rule->type[0] != 'a' ? rule->type : "bc";
    char major[24];
    char minor[24];

    /* "a" in these files means everything, whatever follows it: say both types instead */
    if (types[1] == 'c' && rule->major < 0 && rule->minor < 0 && strlen(access) == 3)
        return write_text(files, allow, "a", error);
    device_number(major, sizeof(major), rule->major);
    device_number(minor, sizeof(minor), rule->minor);
    for (; *types; types++) {
        char value[64];

        g_snprintf(value, sizeof(value), "%c %s:%s %s", *types, major, minor, access);
        if (!write_text(files, allow, value, error))
            return false;
    }
    return true;
}

static bool
v1_limit_devices(int group, const GPtrArray *rules, GError **error)
{
    g_auto(RuleFiles) files = RULE_FILES_NONE;
    guint i;

    if (!rule_files_open(group, &files, error) || !write_text(&files, false, "a", error))
        return false;
    for (i = 0; rules && i < rules->len; i++) {
        const ContainerDeviceRule *rule = g_ptr_array_index(rules, i);

        if (!write_rule(&files, rule, rule->allow, error))
            return false;
    }
    return true;
}

static bool
is_same_rule(const ContainerDeviceRule *one, const ContainerDeviceRule *other)
{
    return one->allow == other->allow && g_strcmp0(one->type, other->type) == 0 &&
           one->major == other->major && one->minor == other->minor &&
           g_strcmp0(one->access, other->access) == 0;
}

/* GPtrArray of what @rules has and @others has not. */
static GPtrArray *
rules_without(const GPtrArray *rules, const GPtrArray *others)
{
    GPtrArray *rest = g_ptr_array_new();
    guint i;
    guint n;

    for (i = 0; i < rules->len; i++) {
        for (n = 0; n < others->len && !is_same_rule(rules->pdata[i], others->pdata[n]); n++)
            continue;
        if (n == others->len)
            g_ptr_array_add(rest, rules->pdata[i]);
    }
    return rest;
}

static bool
allow_all(int group, const GPtrArray *rules, GError **error)
{
    g_auto(RuleFiles) files = RULE_FILES_NONE;
    guint i;

    if (!rule_files_open(group, &files, error))
        return false;
    for (i = 0; i < rules->len; i++) {
        const ContainerDeviceRule *rule = rules->pdata[i];

        if (rule->allow && !write_rule(&files, rule, true, error))
            return false;
    }
    return true;
}

typedef struct {
    const GPtrArray *rules;
    const char *list; /* devices.list of groups that get them */
} Spread;

/* Groups above come first: none may have what the one above it has not. */
static void
spread_rules(int group, gpointer data)
{
    const Spread *spread = data;
    g_autofree char *list = cgroup_file_read(group, "devices.list");

    if (g_strcmp0(list, spread->list) == 0)
        allow_all(group, spread->rules, NULL);
}

/* The kernel takes what is denied from the groups below, but gives them nothing of what is allowed.
 */
static bool
v1_change_devices(int group, const GPtrArray *before, const GPtrArray *after, GError **error)
{
    g_autoptr(GPtrArray) more = rules_without(after, before);
    g_autoptr(GPtrArray) less = rules_without(before, after);
    g_auto(RuleFiles) files = RULE_FILES_NONE;
    g_autofree char *list = NULL;
    Spread spread;
    guint i;

    if (!rule_files_open(group, &files, error))
        return false;
    for (i = 0; i < less->len; i++) {
        const ContainerDeviceRule *rule = less->pdata[i];

        if (rule->allow && !write_rule(&files, rule, false, error))
            return false;
    }
    /* what was denied may be allowed by another rule as well */
    list = cgroup_file_read(group, "devices.list");
    spread = (Spread){ less->len > 0 ? after : more, list };
    if (!allow_all(group, spread.rules, error))
        return false;
    cgroup_tree_descend(group, spread_rules, &spread);
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
    .prepares = v1_prepares,
    .prepare = v1_prepare,
    .limit_devices = v1_limit_devices,
    .change_devices = v1_change_devices,
    .freeze = v1_freeze,
    .kill = v1_kill,
    .populated = v1_populated,
    .delegated = v1_delegated,
};
