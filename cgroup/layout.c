/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding the hierarchies in mountinfo. */
#include "cgroup/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

static const char *const controller_names[CGROUP_CONTROLLER_LAST] = {
    [CGROUP_MEMORY] = "memory",
    [CGROUP_CPU] = "cpu",
    [CGROUP_CPUACCT] = "cpuacct",
    [CGROUP_CPUSET] = "cpuset",
    [CGROUP_DEVICES] = "devices",
    [CGROUP_FREEZER] = "freezer",
    [CGROUP_PIDS] = "pids",
    [CGROUP_BLKIO] = "blkio",
    [CGROUP_HUGETLB] = "hugetlb",
    [CGROUP_NET_CLS] = "net_cls",
    [CGROUP_PERF_EVENT] = "perf_event",
};

const char *
cgroup_controller_name(CgroupController controller)
{
    return controller_names[controller];
}

/* v2 has these without naming them in cgroup.controllers, or under another name */
static const char *const v2_names[CGROUP_CONTROLLER_LAST] = {
    [CGROUP_MEMORY] = "memory", [CGROUP_CPU] = "cpu",  [CGROUP_CPUSET] = "cpuset",
    [CGROUP_PIDS] = "pids",     [CGROUP_BLKIO] = "io", [CGROUP_HUGETLB] = "hugetlb",
};
static const bool v2_builtin[CGROUP_CONTROLLER_LAST] = {
    [CGROUP_CPUACCT] = true, /* cpu.stat is there without the cpu controller */
    [CGROUP_DEVICES] = true, /* a BPF program */
    [CGROUP_FREEZER] = true, /* cgroup.freeze */
    [CGROUP_PERF_EVENT] = true,
};

/* Controllers a v1 hierarchy can have; the other words of its options are flags. */
static const char *const v1_words[] = {
    "cpu",        "cpuacct", "cpuset", "memory", "devices", "freezer", "net_cls", "net_prio",
    "perf_event", "hugetlb", "blkio",  "pids",   "rdma",    "misc",    NULL,
};

static void
hierarchy_free(gpointer data)
{
    CgroupHierarchy *hierarchy = data;

    g_free(hierarchy->mount_point);
    g_strfreev(hierarchy->controllers);
    g_free(hierarchy);
}

const CgroupVersion *
cgroup_version_of(const CgroupHierarchy *hierarchy)
{
    return hierarchy->version == 2 ? &cgroup_v2 : &cgroup_v1;
}

char *
cgroup_file_read(int directory, const char *file)
{
    g_auto(Fd) fd = openat(directory, file, O_RDONLY | O_CLOEXEC);
    g_autoptr(GString) text = NULL;
    char buffer[4096];
    ssize_t n;

    if (fd < 0)
        return NULL;
    text = g_string_new(NULL);
    while ((n = read(fd, buffer, sizeof(buffer))) > 0)
        g_string_append_len(text, buffer, n);
    return n < 0 ? NULL : g_string_free(g_steal_pointer(&text), FALSE);
}

bool
cgroup_file_write(int directory, const char *file, const char *value)
{
    g_auto(Fd) fd = openat(directory, file, O_WRONLY | O_CLOEXEC);

    return fd >= 0 && write(fd, value, strlen(value)) >= 0;
}

/* mountinfo writes blank, tab, newline and backslash as three octal digits */
static char *
path_unescape(const char *text)
{
    return g_strcompress(text);
}

static char **
v1_controllers(const char *options)
{
    g_auto(GStrv) words = g_strsplit(options, ",", -1);
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    size_t i;

    for (i = 0; words[i]; i++) {
        if (g_strv_contains(v1_words, words[i]) || g_str_has_prefix(words[i], "name="))
            g_ptr_array_add(found, g_strdup(words[i]));
    }
    g_ptr_array_add(found, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&found), FALSE);
}

static char **
v2_controllers(const char *mount_point)
{
    g_auto(Fd) directory = open(mount_point, O_PATH | O_DIRECTORY | O_CLOEXEC);
    g_autofree char *text =
        directory >= 0 ? cgroup_file_read(directory, "cgroup.controllers") : NULL;

    return g_strsplit(text ? g_strstrip(text) : "", " ", -1);
}

static bool
hierarchy_same(const CgroupHierarchy *one, const CgroupHierarchy *other)
{
    return one->version == other->version &&
           (one->version == 2 || g_strv_equal((const char *const *)one->controllers,
                                              (const char *const *)other->controllers));
}

static bool
is_read_only(const char *options)
{
    g_auto(GStrv) words = g_strsplit(options, ",", -1);

    return g_strv_contains((const char *const *)words, "ro");
}

/* One line of mountinfo: "31 23 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu". */
static void
layout_add_line(CgroupLayout *layout, const char *line)
{
    g_auto(GStrv) halves = g_strsplit(line, " - ", 2);
    g_auto(GStrv) place = NULL;
    g_auto(GStrv) kind = NULL;
    CgroupHierarchy *hierarchy;
    guint i;

    if (!halves[0] || !halves[1])
        return;
    place = g_strsplit(halves[0], " ", 7);
    kind = g_strsplit(halves[1], " ", 3);
    if (g_strv_length(place) < 6 || g_strv_length(kind) < 3)
        return;
    /* a part of a hierarchy that is mounted somewhere (into another container) is not ours */
    if (!g_str_has_prefix(kind[0], "cgroup") || !g_str_equal(place[3], "/"))
        return;
    /* nor is one that whoever runs this host keeps from being used */
    if (is_read_only(place[5]) || is_read_only(kind[2]))
        return;

    hierarchy = g_new0(CgroupHierarchy, 1);
    hierarchy->version = g_str_equal(kind[0], "cgroup2") ? 2 : 1;
    hierarchy->mount_point = path_unescape(place[4]);
    hierarchy->controllers =
        hierarchy->version == 2 ? v2_controllers(hierarchy->mount_point) : v1_controllers(kind[2]);
    for (i = 0; i < layout->hierarchies->len; i++) {
        if (hierarchy_same(g_ptr_array_index(layout->hierarchies, i), hierarchy)) {
            hierarchy_free(hierarchy);
            return;
        }
    }
    g_ptr_array_add(layout->hierarchies, hierarchy);
}

static bool
hierarchy_offers(const CgroupHierarchy *hierarchy, CgroupController controller)
{
    const char *name =
        hierarchy->version == 2 ? v2_names[controller] : controller_names[controller];

    if (hierarchy->version == 2 && v2_builtin[controller])
        return true;
    return name && g_strv_contains((const char *const *)hierarchy->controllers, name);
}

/* A v1 hierarchy wins: a controller is on one side only, and what v2 has built in is worth less
 * when the host's tools look at v1. */
static void
layout_assign(CgroupLayout *layout)
{
    int version;
    guint i;
    int controller;

    for (version = 2; version >= 1; version--) {
        for (i = 0; i < layout->hierarchies->len; i++) {
            const CgroupHierarchy *hierarchy = g_ptr_array_index(layout->hierarchies, i);

            if (hierarchy->version != version)
                continue;
            for (controller = 0; controller < CGROUP_CONTROLLER_LAST; controller++) {
                if (hierarchy_offers(hierarchy, controller))
                    layout->by_controller[controller] = hierarchy;
            }
        }
    }
}

static bool
hierarchy_is_flat(const CgroupLayout *layout, const CgroupHierarchy *hierarchy)
{
    char **name;

    if (hierarchy->version == 2)
        return cgroup_version(layout, CGROUP_MEMORY) == 1;
    if (hierarchy == layout->by_controller[CGROUP_FREEZER] ||
        hierarchy == layout->by_controller[CGROUP_CPUSET])
        return false;
    for (name = hierarchy->controllers; *name; name++) {
        if (g_str_has_prefix(*name, "name="))
            return false;
    }
    return true;
}

static void
layout_flatten(CgroupLayout *layout)
{
    guint i;

    for (i = 0; i < layout->hierarchies->len; i++) {
        CgroupHierarchy *hierarchy = g_ptr_array_index(layout->hierarchies, i);

        hierarchy->flat = hierarchy_is_flat(layout, hierarchy);
        hierarchy->mixed = true;
    }
}

void
cgroup_layout_make_uniform(CgroupLayout *layout)
{
    guint i;

    for (i = 0; i < layout->hierarchies->len; i++)
        ((CgroupHierarchy *)layout->hierarchies->pdata[i])->mixed = false;
}

static bool
layout_check(const CgroupLayout *layout, GError **error)
{
    static const CgroupController needed[] = { CGROUP_MEMORY, CGROUP_CPU, CGROUP_DEVICES,
                                               CGROUP_FREEZER };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(needed); i++) {
        if (!layout->by_controller[needed[i]])
            return fail(
                error, FAILURE_INTERNAL,
                "control group controller '%s' is not available on this host: mount cgroup2 "
                "on /sys/fs/cgroup, or the v1 hierarchy of this controller, so that it can be "
                "written",
                controller_names[needed[i]]);
    }
    return true;
}

CgroupLayout *
cgroup_layout_parse(const char *mountinfo, bool complete, GError **error)
{
    g_autoptr(CgroupLayout) layout = g_new0(CgroupLayout, 1);
    g_auto(GStrv) lines = g_strsplit(mountinfo, "\n", -1);
    size_t i;

    layout->hierarchies = g_ptr_array_new_with_free_func(hierarchy_free);
    for (i = 0; lines[i]; i++) {
        /* hosts have thousands of mounts: look closely at few */
        if (strstr(lines[i], " - cgroup"))
            layout_add_line(layout, lines[i]);
    }
    layout_assign(layout);
    layout_flatten(layout);
    if (complete && !layout_check(layout, error))
        return NULL;
    return g_steal_pointer(&layout);
}

CgroupLayout *
cgroup_layout_new(GError **error)
{
    g_autofree char *text = cgroup_file_read(AT_FDCWD, "/proc/self/mountinfo");

    if (!text) {
        fail_errno(error, errno, "cannot read '/proc/self/mountinfo'");
        return NULL;
    }
    return cgroup_layout_parse(text, true, error);
}

void
cgroup_layout_free(CgroupLayout *layout)
{
    if (!layout)
        return;
    g_clear_pointer(&layout->hierarchies, g_ptr_array_unref);
    g_free(layout);
}

const char *
cgroup_layout_name(const CgroupLayout *layout)
{
    bool seen[3] = { false, false, false };
    guint i;

    for (i = 0; i < layout->hierarchies->len; i++) {
        const CgroupHierarchy *hierarchy = g_ptr_array_index(layout->hierarchies, i);

        seen[hierarchy->version] = true;
    }
    return seen[1] && seen[2] ? "hybrid" : seen[2] ? "cgroup v2" : "cgroup v1";
}

const GPtrArray *
cgroup_hierarchies(const CgroupLayout *layout)
{
    return layout->hierarchies;
}

bool
cgroup_has(const CgroupLayout *layout, CgroupController controller)
{
    return layout->by_controller[controller] != NULL;
}

int
cgroup_version(const CgroupLayout *layout, CgroupController controller)
{
    return layout->by_controller[controller] ? layout->by_controller[controller]->version : 0;
}
