/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of groups and machines, as libvirt makes them. */
#include <string.h>
#include <unistd.h>

#include "cgroup/cgroup.h"

#define MACHINE_NAME_MAX 64
#define GUEST_SUFFIX     ".libvirt-lxc"
#define HOST_NAME_CHARS  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"

/* Whether a directory of this name could be taken for a file of the kernel. */
static bool
component_clashes(const char *component)
{
    static const char *const files[] = { "notify_on_release", "release_agent", "tasks", NULL };
    static const char *const prefixes[] = { "cgroup.",  "cpu.",          "cpuacct.",    "cpuset.",
                                            "memory.",  "devices.",      "freezer.",    "blkio.",
                                            "io.",      "net_cls.",      "perf_event.", "pids.",
                                            "hugetlb.", "name=systemd.", NULL };
    size_t i;

    if (component[0] == '_' || component[0] == '.' || g_strv_contains(files, component))
        return true;
    for (i = 0; prefixes[i]; i++) {
        if (g_str_has_prefix(component, prefixes[i]))
            return true;
    }
    return false;
}

static void
append_component(GString *path, const char *component, const char *suffix)
{
    g_string_append_c(path, '/');
    if (component_clashes(component))
        g_string_append_c(path, '_');
    g_string_append(path, component);
    g_string_append(path, suffix);
}

char *
cgroup_guest_name(const char *partition, pid_t pid, const char *name)
{
    static const char *const fixed[] = { "machine", "system", "user", NULL };
    g_autofree char *machine = cgroup_machine_name(pid, name);
    g_auto(GStrv) components = g_strsplit(partition, "/", -1);
    GString *path = g_string_new(NULL);
    size_t i;

    for (i = 0; components[i]; i++) {
        bool plain =
            (path->len == 0 && g_strv_contains(fixed, components[i])) || strchr(components[i], '.');

        if (components[i][0])
            append_component(path, components[i], plain ? "" : ".partition");
    }
    append_component(path, machine, GUEST_SUFFIX);
    return g_string_free(path, FALSE);
}

char *
cgroup_machine_name(pid_t pid, const char *name)
{
    GString *machine = g_string_new(NULL);

    g_string_printf(machine, "lxc-%d-", pid);
    for (; *name && machine->len < MACHINE_NAME_MAX; name++) {
        char last = machine->str[machine->len - 1];

        if (!strchr(HOST_NAME_CHARS, *name))
            continue;
        /* empty labels are no host name */
        if ((*name == '.' || *name == '-') && (last == '.' || last == '-'))
            continue;
        g_string_append_c(machine, *name);
    }
    while (machine->str[machine->len - 1] == '.' || machine->str[machine->len - 1] == '-')
        g_string_truncate(machine, machine->len - 1);
    return g_string_free(machine, FALSE);
}

/* A word of a unit's name: what has a meaning there, or is no letter or digit, as \xNN. */
static void
append_escaped(GString *unit, const char *word)
{
    const char *at;

    for (at = word; *at; at++) {
        if (g_ascii_isalnum(*at) || *at == '_' || *at == ':' || (*at == '.' && at > word))
            g_string_append_c(unit, *at);
        else
            g_string_append_printf(unit, "\\x%02x", (unsigned char)*at);
    }
}

char *
cgroup_slice_name(const char *partition)
{
    g_auto(GStrv) components = g_strsplit(partition, "/", -1);
    GString *unit = g_string_new(NULL);
    size_t i;

    for (i = 0; components[i]; i++) {
        if (!components[i][0])
            continue;
        if (unit->len)
            g_string_append_c(unit, '-');
        append_escaped(unit, components[i]);
    }
    if (!unit->len)
        g_string_append_c(unit, '-');
    g_string_append(unit, ".slice");
    return g_string_free(unit, FALSE);
}

char *
cgroup_scope_name(const char *machine)
{
    GString *unit = g_string_new("machine-");

    append_escaped(unit, machine);
    g_string_append(unit, ".scope");
    return g_string_free(unit, FALSE);
}

char *
cgroup_scope_group(const char *partition, pid_t pid, const char *name)
{
    g_autofree char *machine = cgroup_machine_name(pid, name);
    g_autofree char *scope = cgroup_scope_name(machine);
    g_autofree char *slice = cgroup_slice_name(partition);
    GString *path = g_string_new(NULL);
    const char *at;

    /* a slice lies in those that its name begins with */
    for (at = slice + 1; *at && slice[0] != '-'; at++) {
        if (*at == '-' || g_str_equal(at, ".slice"))
            g_string_append_printf(path, "/%.*s.slice", (int)(at - slice), slice);
    }
    g_string_append_printf(path, "/%s", scope);
    return g_string_free(path, FALSE);
}

bool
cgroup_is_scope(const char *group)
{
    const char *last = strrchr(group, '/');

    return last && g_str_has_prefix(last, "/machine-") && g_str_has_suffix(last, ".scope");
}

/* What follows the guest's own group in @group, "/libvirt"; NULL: it is none of a guest without a
 * scope, or that group itself. */
static const char *
below_guest(const char *group)
{
    const char *last = g_strrstr(group, GUEST_SUFFIX "/");

    return last ? last + strlen(GUEST_SUFFIX) : NULL;
}

/* Whether @path is "/@name", or something below it. */
static bool
begins_with(const char *path, const char *name)
{
    size_t length = strlen(name);

    return strncmp(path + 1, name, length) == 0 &&
           (path[1 + length] == '/' || path[1 + length] == '\0');
}

/* Earlier versions made all groups in all hierarchies, and guests that they started still run. */
static bool
is_deep(const CgroupHierarchy *hierarchy, const char *group, const char *below)
{
    g_autofree char *path = g_strdup_printf("%s%.*s/" CGROUP_LIMITS, hierarchy->mount_point,
                                            (int)(below - group), group);

    return access(path, F_OK) == 0;
}

char *
cgroup_hierarchy_place(const CgroupHierarchy *hierarchy, const char *group)
{
    const char *below = hierarchy->flat ? below_guest(group) : NULL;

    if (!below || !begins_with(below, CGROUP_LIMITS) ||
        (hierarchy->mixed && is_deep(hierarchy, group, below)))
        return g_strdup(group);
    return g_strdup_printf("%.*s%s", (int)(below - group), group,
                           below + strlen("/" CGROUP_LIMITS));
}

bool
cgroup_hierarchy_has(const CgroupHierarchy *hierarchy, const char *group)
{
    const char *below = hierarchy->flat ? below_guest(group) : NULL;

    return !below ||
           (!g_str_equal(below, "/" CGROUP_SUPERVISOR) && !g_str_equal(below, "/" CGROUP_LIMITS));
}
