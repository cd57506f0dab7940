/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operations on one group in all hierarchies, or in the one of a controller. */
#include "cgroup/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup/layout.h"
#include "cgroup/tree.h"
#include "controller/wire/container.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

/* The one group above guests that is made when it is missing, as libvirt does. */
#define MACHINE_PARTITION "/machine"

static const CgroupHierarchy *
layout_hierarchy(const CgroupLayout *layout, guint index)
{
    return g_ptr_array_index(layout->hierarchies, index);
}

/* "/sys/fs/cgroup/memory/machine/heron/memory.max" */
static char *
path_of(const CgroupHierarchy *hierarchy, const char *group, const char *file)
{
    g_autofree char *place = cgroup_hierarchy_place(hierarchy, group);

    return g_strconcat(hierarchy->mount_point, place, file ? "/" : NULL, file, NULL);
}

int
cgroup_hierarchy_open(const CgroupHierarchy *hierarchy, const char *group, const char *file,
                      int flags, GError **error)
{
    g_autofree char *path = path_of(hierarchy, group, file);
    int fd = open(path, flags | O_CLOEXEC | (file ? 0 : O_RDONLY | O_DIRECTORY));

    if (fd < 0)
        fail_errno(error, errno, "cannot open '%s'", path);
    return fd;
}

static int
hierarchy_open(const CgroupHierarchy *hierarchy, const char *group)
{
    return cgroup_hierarchy_open(hierarchy, group, NULL, 0, NULL);
}

/* The part before the last slash: "" for a group at the top. */
static char *
group_parent(const char *group)
{
    return g_strndup(group, strrchr(group, '/') - group);
}

/* *ret_made tells whether the directory is new. */
static bool
hierarchy_make(const CgroupHierarchy *hierarchy, const char *parent, const char *group,
               bool *ret_made, GError **error)
{
    g_autofree char *path = path_of(hierarchy, group, NULL);

    *ret_made = mkdir(path, 0755) == 0;
    if (*ret_made || errno == EEXIST)
        return true;
    if (errno == ENOENT)
        return fail_errno(error, errno, "control group '%s' cannot be opened in '%s'", parent,
                          hierarchy->mount_point);
    return fail_errno(error, errno, "cannot create control group '%s' in '%s'", group,
                      hierarchy->mount_point);
}

static bool
hierarchy_prepare(const CgroupHierarchy *hierarchy, const char *parent_group, const char *group,
                  GError **error)
{
    g_auto(Fd) parent = cgroup_hierarchy_open(hierarchy, parent_group, NULL, 0, error);
    g_auto(Fd) directory = -1;

    if (parent < 0 || (directory = cgroup_hierarchy_open(hierarchy, group, NULL, 0, error)) < 0)
        return false;
    if (cgroup_version_of(hierarchy)->prepare(hierarchy, parent, directory, error))
        return true;
    g_prefix_error(error, "control group '%s' in '%s': ", group, hierarchy->mount_point);
    return false;
}

/* *ret_made tells whether the group is new. */
static bool
hierarchy_create(const CgroupHierarchy *hierarchy, const char *group, bool *ret_made,
                 GError **error)
{
    g_autofree char *parent_group = group_parent(group);
    g_autofree char *path = NULL;

    if (g_str_equal(parent_group, MACHINE_PARTITION)) {
        bool made;

        if (!hierarchy_create(hierarchy, parent_group, &made, error))
            return false;
    }
    if (!hierarchy_make(hierarchy, parent_group, group, ret_made, error))
        return false;
    /* also one that is there: it may be another start's, which has not made it usable yet */
    if (!cgroup_version_of(hierarchy)->prepares(hierarchy) ||
        hierarchy_prepare(hierarchy, parent_group, group, error))
        return true;
    path = path_of(hierarchy, group, NULL);
    if (*ret_made)
        rmdir(path);
    return false;
}

typedef bool (*Wanted)(const CgroupHierarchy *hierarchy);

static bool
create_where(const CgroupLayout *layout, const char *group, Wanted wanted, GError **error)
{
    g_autofree bool *made = g_new0(bool, layout->hierarchies->len);
    guint i;

    for (i = 0; i < layout->hierarchies->len; i++) {
        if (!wanted(layout_hierarchy(layout, i)) ||
            !cgroup_hierarchy_has(layout_hierarchy(layout, i), group) ||
            hierarchy_create(layout_hierarchy(layout, i), group, &made[i], error))
            continue;
        while (i-- > 0) {
            g_autofree char *path = path_of(layout_hierarchy(layout, i), group, NULL);

            if (made[i])
                rmdir(path);
        }
        return false;
    }
    return true;
}

static bool
everywhere(const CgroupHierarchy *hierarchy)
{
    return true;
}

bool
cgroup_create(const CgroupLayout *layout, const char *group, GError **error)
{
    return create_where(layout, group, everywhere, error);
}

static bool
can_be_renamed(const CgroupHierarchy *hierarchy)
{
    return hierarchy->version == 1;
}

static bool
can_be_filled(const CgroupHierarchy *hierarchy)
{
    static const char *const inheriting[] = { "cpuset", "devices", "net_cls", "net_prio", NULL };
    size_t i;

    for (i = 0; inheriting[i]; i++) {
        if (g_strv_contains((const char *const *)hierarchy->controllers, inheriting[i]))
            return false;
    }
    return can_be_renamed(hierarchy);
}

bool
cgroup_create_ahead(const CgroupLayout *layout, const char *group, bool filled, GError **error)
{
    return create_where(layout, group, filled ? can_be_filled : can_be_renamed, error);
}

static bool
cannot_be_renamed(const CgroupHierarchy *hierarchy)
{
    return !can_be_renamed(hierarchy);
}

static bool
cannot_be_filled(const CgroupHierarchy *hierarchy)
{
    return !can_be_filled(hierarchy);
}

bool
cgroup_create_rest(const CgroupLayout *layout, const char *group, bool filled, GError **error)
{
    return create_where(layout, group, filled ? cannot_be_filled : cannot_be_renamed, error);
}

/* In the first @count hierarchies; the number of those where it is done, with errno when fewer. */
static guint
rename_some(const CgroupLayout *layout, guint count, const char *from, const char *to)
{
    guint i;

    for (i = 0; i < count; i++) {
        const CgroupHierarchy *hierarchy = layout_hierarchy(layout, i);
        g_autofree char *old = path_of(hierarchy, from, NULL);
        g_autofree char *new = path_of(hierarchy, to, NULL);

        if (can_be_renamed(hierarchy) && rename(old, new) < 0)
            break;
    }
    return i;
}

bool
cgroup_rename(const CgroupLayout *layout, const char *from, const char *to, GError **error)
{
    guint done = rename_some(layout, layout->hierarchies->len, from, to);

    if (done == layout->hierarchies->len)
        return true;
    fail_errno(error, errno, "cannot rename control group '%s' to '%s' in '%s'", from, to,
               layout_hierarchy(layout, done)->mount_point);
    rename_some(layout, done, to, from);
    return false;
}

static bool
hierarchy_create_missing(const CgroupHierarchy *hierarchy, const char *group, GError **error)
{
    g_autofree char *parent = group_parent(group);
    g_auto(Fd) present = hierarchy_open(hierarchy, group);
    bool made;

    if (present >= 0)
        return true;
    return (!*parent || hierarchy_create_missing(hierarchy, parent, error)) &&
           hierarchy_create(hierarchy, group, &made, error);
}

bool
cgroup_create_missing(const CgroupLayout *layout, const char *group, GError **error)
{
    guint i;

    for (i = 0; i < layout->hierarchies->len; i++) {
        if (!hierarchy_create_missing(layout_hierarchy(layout, i), group, error))
            return false;
    }
    return true;
}

GPtrArray *
cgroup_children(const CgroupLayout *layout, CgroupController controller, const char *group)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    const CgroupHierarchy *hierarchy = layout->by_controller[controller];
    g_autofree char *path = hierarchy ? path_of(hierarchy, group, NULL) : NULL;
    g_autoptr(GDir) listing = path ? g_dir_open(path, 0, NULL) : NULL;
    const char *name;

    while (listing && (name = g_dir_read_name(listing))) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        if (g_file_test(child, G_FILE_TEST_IS_DIR))
            g_ptr_array_add(names, g_strdup(name));
    }
    return names;
}

bool
cgroup_attach(const CgroupLayout *layout, const char *group, pid_t pid, GError **error)
{
    char text[24];
    guint i;

    g_snprintf(text, sizeof(text), "%d", pid);
    for (i = 0; i < layout->hierarchies->len; i++) {
        const CgroupHierarchy *hierarchy = layout_hierarchy(layout, i);
        g_auto(Fd) directory = -1;

        if (!cgroup_hierarchy_has(hierarchy, group))
            continue;
        if ((directory = cgroup_hierarchy_open(hierarchy, group, NULL, 0, error)) < 0)
            return false;
        if (!cgroup_file_write(directory, "cgroup.procs", text))
            return fail_errno(error, errno, "cannot move process %d to control group '%s' in '%s'",
                              pid, group, hierarchy->mount_point);
    }
    return true;
}

static const CgroupHierarchy *
layout_expect(const CgroupLayout *layout, CgroupController controller, GError **error)
{
    if (!layout->by_controller[controller])
        fail(error, FAILURE_OPERATION_UNSUPPORTED,
             "the host has no control group controller '%s' (%s)",
             cgroup_controller_name(controller), cgroup_layout_name(layout));
    return layout->by_controller[controller];
}

int
cgroup_open(const CgroupLayout *layout, CgroupController controller, const char *group,
            GError **error)
{
    const CgroupHierarchy *hierarchy = layout_expect(layout, controller, error);

    return hierarchy ? cgroup_hierarchy_open(hierarchy, group, NULL, O_PATH, error) : -1;
}

bool
cgroup_write(const CgroupLayout *layout, CgroupController controller, const char *path,
             const char *value, GError **error)
{
    const CgroupHierarchy *hierarchy = layout_expect(layout, controller, error);
    g_autofree char *file = hierarchy ? path_of(hierarchy, path, NULL) : NULL;

    if (!file)
        return false;
    if (!cgroup_file_write(AT_FDCWD, file, value))
        return fail_errno(error, errno, "cannot write '%s' to '%s' in '%s'", value, path,
                          hierarchy->mount_point);
    return true;
}

static bool
fail_key(const CgroupHierarchy *hierarchy, const char *key, GError **error)
{
    g_autofree char *controller = g_strndup(key, strcspn(key, "."));

    if (hierarchy && (g_strv_contains((const char *const *)hierarchy->controllers, controller) ||
                      g_str_equal(controller, "cgroup")))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "the kernel has no '%s' for a control group; correct or remove the "
                    "<caisson:cgroup key='%s'>",
                    key, key);
    return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                "'%s' is of control groups version 2, where this host has no controller '%s'; "
                "remove the <caisson:cgroup key='%s'>, or boot the host with "
                "systemd.unified_cgroup_hierarchy=1",
                key, controller, key);
}

static const CgroupHierarchy *
unified_hierarchy(const CgroupLayout *layout)
{
    guint i;

    for (i = 0; i < layout->hierarchies->len; i++) {
        if (layout_hierarchy(layout, i)->version == 2)
            return layout_hierarchy(layout, i);
    }
    return NULL;
}

bool
cgroup_pass_on(const CgroupLayout *layout, const char *group, const char *key)
{
    /* systemd 262 knows cpu, cpuset, io, memory and pids */
    static const char *const unmanaged[] = { "hugetlb", "misc", "rdma", "dmem", NULL };
    const CgroupHierarchy *hierarchy = unified_hierarchy(layout);
    g_autofree char *controller = g_strndup(key, strcspn(key, "."));
    g_autofree char *word = g_strconcat("+", controller, NULL);
    g_autofree char *place = NULL;
    g_auto(GStrv) names = NULL;
    g_auto(Fd) directory = -1;
    size_t i;

    if (!hierarchy || !g_strv_contains(unmanaged, controller) ||
        !g_strv_contains((const char *const *)hierarchy->controllers, controller))
        return false;
    place = cgroup_hierarchy_place(hierarchy, group);
    names = g_strsplit(place + 1, "/", -1);
    directory = hierarchy_open(hierarchy, "");
    for (i = 0; directory >= 0 && names[i]; i++) {
        int below = openat(directory, names[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        /* one that cannot is missed when the file is written */
        cgroup_file_write(directory, "cgroup.subtree_control", word);
        fd_close(&directory);
        directory = below;
    }
    return true;
}

bool
cgroup_write_key(const CgroupLayout *layout, const char *group, const char *key, const char *value,
                 GError **error)
{
    const CgroupHierarchy *hierarchy = unified_hierarchy(layout);
    g_auto(Fd) directory = -1;

    if (!hierarchy)
        return fail_key(NULL, key, error);
    if ((directory = cgroup_hierarchy_open(hierarchy, group, NULL, 0, error)) < 0)
        return false;
    if (cgroup_file_write(directory, key, value) ||
        (errno == ENOENT && cgroup_pass_on(layout, group, key) &&
         cgroup_file_write(directory, key, value)))
        return true;
    if (errno == ENOENT)
        return fail_key(hierarchy, key, error);
    return fail_errno(error, errno, "cannot write '%s' to '%s' of control group '%s'", value, key,
                      group);
}

char *
cgroup_read(const CgroupLayout *layout, CgroupController controller, const char *group,
            const char *file, GError **error)
{
    g_auto(Fd) directory = cgroup_open(layout, controller, group, error);
    char *text;

    if (directory < 0)
        return NULL;
    if (!(text = cgroup_file_read(directory, file)))
        fail_errno(error, errno, "cannot read '%s' of control group '%s'", file, group);
    return text;
}

/* Numbers of devices have at most 20 bits; a larger one would be cut to a number that is meant to
 * be another. */
static bool
rules_check(const GPtrArray *rules, GError **error)
{
    guint i;

    for (i = 0; rules && i < rules->len; i++) {
        const ContainerDeviceRule *rule = g_ptr_array_index(rules, i);

        if (MAX(rule->major, rule->minor) > 0xfffff)
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "the device rule for %" G_GINT64_FORMAT ":%" G_GINT64_FORMAT
                        " is for no device there can be",
                        rule->major, rule->minor);
    }
    return true;
}

bool
cgroup_limit_devices(const CgroupLayout *layout, const char *group, const GPtrArray *rules,
                     GError **error)
{
    const CgroupHierarchy *hierarchy = layout_expect(layout, CGROUP_DEVICES, error);
    g_auto(Fd) directory = -1;

    if (!hierarchy || !rules_check(rules, error) ||
        (directory = cgroup_hierarchy_open(hierarchy, group, NULL, 0, error)) < 0)
        return false;
    return cgroup_version_of(hierarchy)->limit_devices(directory, rules, error);
}

bool
cgroup_change_devices(const CgroupLayout *layout, const char *group, const GPtrArray *before,
                      const GPtrArray *after, GError **error)
{
    const CgroupHierarchy *hierarchy = layout_expect(layout, CGROUP_DEVICES, error);
    g_auto(Fd) directory = -1;

    if (!hierarchy || !rules_check(after, error) ||
        (directory = cgroup_hierarchy_open(hierarchy, group, NULL, 0, error)) < 0)
        return false;
    return cgroup_version_of(hierarchy)->change_devices(directory, before, after, error);
}

bool
cgroup_delegate(const CgroupLayout *layout, const char *group, uid_t uid, gid_t gid, GError **error)
{
    guint i;

    for (i = 0; i < layout->hierarchies->len; i++) {
        const CgroupHierarchy *hierarchy = layout_hierarchy(layout, i);
        const char *const *files = cgroup_version_of(hierarchy)->delegated(hierarchy);
        g_auto(Fd) directory = -1;

        if (!files)
            continue;
        if ((directory = cgroup_hierarchy_open(hierarchy, group, NULL, 0, error)) < 0)
            return false;
        for (; *files; files++) {
            if (fchownat(directory, *files, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
                return fail_errno(error, errno, "cannot give '%s' of control group '%s' to %u:%u",
                                  *files, group, uid, gid);
        }
    }
    return true;
}

char *
cgroup_position(GError **error)
{
    char *text = cgroup_file_read(AT_FDCWD, "/proc/self/cgroup");

    if (!text)
        fail_errno(error, errno, "cannot read '/proc/self/cgroup'");
    return text;
}

/* "" and "name=systemd" and "cpu,cpuacct" as the second field of /proc/self/cgroup has them. */
static bool
hierarchy_is(const CgroupHierarchy *hierarchy, const char *words)
{
    g_autofree char *own =
        hierarchy->version == 2 ? g_strdup("") : g_strjoinv(",", hierarchy->controllers);

    return g_str_equal(own, words);
}

void
cgroup_return(const CgroupLayout *layout, const char *position)
{
    g_auto(GStrv) lines = g_strsplit(position, "\n", -1);
    size_t line;
    guint i;

    for (line = 0; lines[line]; line++) {
        g_auto(GStrv) fields = g_strsplit(lines[line], ":", 3);

        if (g_strv_length(fields) < 3)
            continue;
        for (i = 0; i < layout->hierarchies->len; i++) {
            const CgroupHierarchy *hierarchy = layout_hierarchy(layout, i);
            g_auto(Fd) group = -1;

            if (!hierarchy_is(hierarchy, fields[1]) ||
                (group = hierarchy_open(hierarchy, fields[2])) < 0)
                continue;
            cgroup_file_write(group, hierarchy->version == 2 ? "cgroup.procs" : "tasks", "0");
        }
    }
}
