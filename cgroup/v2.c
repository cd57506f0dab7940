/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups of the v2 hierarchy. */
#include "cgroup/layout.h"

#include <errno.h>
#include <string.h>

#include "controller/wire/failure.h"

static bool
v2_prepares(const CgroupHierarchy *hierarchy)
{
    return hierarchy->controllers[0] && hierarchy->controllers[0][0];
}

/* A group has a controller when the group above passes it on. What cannot be passed on (cpu with
 * real-time tasks about, a threaded group) is left out: it is missed when a limit is set. */
static bool
v2_prepare(const CgroupHierarchy *hierarchy, int parent, int group, GError **error)
{
    g_autofree char *available = cgroup_file_read(parent, "cgroup.controllers");
    g_autofree char *passed = cgroup_file_read(parent, "cgroup.subtree_control");
    g_autoptr(GString) all = g_string_new(NULL);
    g_auto(GStrv) names = NULL;
    g_auto(GStrv) passed_names = NULL;
    g_auto(GStrv) words = NULL;
    size_t i;

    if (!available || !passed)
        return fail_errno(error, errno, "cannot read the controllers of the group above");
    names = g_strsplit(g_strstrip(available), " ", -1);
    passed_names = g_strsplit(g_strstrip(passed), " ", -1);
    for (i = 0; names[i]; i++) {
        if (names[i][0] && !g_strv_contains((const char *const *)passed_names, names[i]))
            g_string_append_printf(all, "%s+%s", all->len ? " " : "", names[i]);
    }
    /* all or none in one write, which is what usually works */
    if (!all->len || cgroup_file_write(parent, "cgroup.subtree_control", all->str))
        return true;
    words = g_strsplit(all->str, " ", -1);
    for (i = 0; words[i]; i++)
        cgroup_file_write(parent, "cgroup.subtree_control", words[i]);
    return true;
}

static bool
v2_freeze(int group, bool frozen, bool *ret_reached, GError **error)
{
    g_autofree char *events = NULL;

    if (!cgroup_file_write(group, "cgroup.freeze", frozen ? "1" : "0"))
        return fail_errno(error, errno, "cannot write 'cgroup.freeze'");
    if (!(events = cgroup_file_read(group, "cgroup.events")))
        return fail_errno(error, errno, "cannot read 'cgroup.events'");
    *ret_reached = strstr(events, frozen ? "frozen 1" : "frozen 0") != NULL;
    return true;
}

static void
v2_kill(int group)
{
    /* suspended tasks of v2 die without being resumed */
    cgroup_file_write(group, "cgroup.kill", "1");
}

static bool
v2_populated(int group)
{
    g_autofree char *events = cgroup_file_read(group, "cgroup.events");

    return events && strstr(events, "populated 1");
}

static const char *const *
v2_delegated(const CgroupHierarchy *hierarchy)
{
    static const char *const files[] = { ".", "cgroup.procs", "cgroup.threads",
                                         "cgroup.subtree_control", NULL };

    return files;
}

const CgroupVersion cgroup_v2 = {
    .prepares = v2_prepares,
    .prepare = v2_prepare,
    .limit_devices = cgroup_program_attach,
    .change_devices = cgroup_program_replace,
    .freeze = v2_freeze,
    .kill = v2_kill,
    .populated = v2_populated,
    .delegated = v2_delegated,
};
