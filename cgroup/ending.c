/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Suspending, killing and removing groups: what waits for tasks. */
#include "cgroup/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cgroup/layout.h"
#include "cgroup/tree.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

/* A task needs a fraction of a millisecond to die, or much longer when it is in the middle of I/O.
 */
#define PAUSE_FIRST_US 100
#define PAUSE_MAX_US   20000

/* Sleeps, twice as long each time; false at @deadline. */
static bool
pause_until(gint64 *pause, gint64 deadline)
{
    if (g_get_monotonic_time() >= deadline)
        return false;
    g_usleep(*pause);
    *pause = MIN(*pause * 2, PAUSE_MAX_US);
    return true;
}

bool
cgroup_freeze(const CgroupLayout *layout, const char *group, bool frozen, gint64 deadline,
              GError **error)
{
    const CgroupHierarchy *hierarchy = layout->by_controller[CGROUP_FREEZER];
    g_auto(Fd) directory = -1;
    gint64 pause = PAUSE_FIRST_US;
    bool reached = false;

    if (!hierarchy)
        return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                    "this host cannot suspend control groups");
    if ((directory = cgroup_hierarchy_open(hierarchy, group, NULL, 0, error)) < 0)
        return false;
    do {
        if (!cgroup_version_of(hierarchy)->freeze(directory, frozen, &reached, error))
            return false;
    } while (!reached && pause_until(&pause, deadline));
    if (reached)
        return true;
    if (frozen)
        cgroup_version_of(hierarchy)->freeze(directory, false, &reached, NULL);
    return fail(error, FAILURE_OPERATION_TIMEOUT, "the tasks of control group '%s' do not %s",
                group, frozen ? "stop" : "go on");
}

/*
 * Where the tasks of a guest are looked for: v2, which kills a whole tree at once, and the v1
 * freezer, which must let suspended tasks go on so that they die. All tasks are in both.
 */
static bool
hierarchy_rules_tasks(const CgroupLayout *layout, const CgroupHierarchy *hierarchy)
{
    return hierarchy->version == 2 || hierarchy == layout->by_controller[CGROUP_FREEZER];
}

/* One round; whether tasks are left, which get SIGKILL if @kill is set. */
static bool
look_for_tasks(const CgroupLayout *layout, const char *group, bool kill)
{
    bool left = false;
    guint i;

    for (i = 0; i < layout->hierarchies->len; i++) {
        const CgroupHierarchy *hierarchy = g_ptr_array_index(layout->hierarchies, i);
        const CgroupVersion *version = cgroup_version_of(hierarchy);
        g_auto(Fd) directory = -1;

        if (!hierarchy_rules_tasks(layout, hierarchy) ||
            (directory = cgroup_hierarchy_open(hierarchy, group, NULL, 0, NULL)) < 0)
            continue;
        if (version->populated(directory)) {
            if (kill)
                version->kill(directory);
            left = true;
        }
    }
    return left;
}

bool
cgroup_kill(const CgroupLayout *layout, const char *group, gint64 deadline, GError **error)
{
    gint64 pause = PAUSE_FIRST_US;

    while (look_for_tasks(layout, group, true)) {
        if (!pause_until(&pause, deadline))
            return fail(error, FAILURE_OPERATION_FAILED, "Some processes refused to die");
    }
    return true;
}

bool
cgroup_await_empty(const CgroupLayout *layout, const char *group, gint64 deadline)
{
    gint64 pause = PAUSE_FIRST_US;

    while (look_for_tasks(layout, group, false)) {
        if (!pause_until(&pause, deadline))
            return false;
    }
    return true;
}

static bool
remove_one(const CgroupHierarchy *hierarchy, const char *group, const char *below)
{
    g_autofree char *path = g_strconcat(hierarchy->mount_point, group, below, NULL);

    return rmdir(path) == 0 || errno == ENOENT;
}

/* The groups that every guest has; true when there are no others. */
static bool
remove_usual(const CgroupHierarchy *hierarchy, const char *group)
{
    static const char *const deep[] = { "/" CGROUP_GUEST, "/" CGROUP_LIMITS, "/" CGROUP_SUPERVISOR,
                                        NULL };
    static const char *const flat[] = { "/" CGROUP_GUEST_FLAT, NULL };
    g_autofree char *supervisor = g_strconcat(group, "/" CGROUP_SUPERVISOR, NULL);
    const char *const *below = cgroup_hierarchy_has(hierarchy, supervisor) ? deep : flat;

    for (; *below; below++)
        remove_one(hierarchy, group, *below);
    return remove_one(hierarchy, group, "");
}

/*
 * A scope where systemd looks whether processes are left in it. The kernel says so a moment later,
 * and not at all when the group has gone by then: systemd would wait for it until it is told to
 * end.
 */
static bool
is_watched(const CgroupHierarchy *hierarchy, const char *group)
{
    return cgroup_is_scope(group) &&
           (hierarchy->version == 2 ||
            g_strv_contains((const char *const *)hierarchy->controllers, "name=systemd"));
}

static bool
hierarchy_remove(const CgroupHierarchy *hierarchy, const char *group)
{
    g_auto(Fd) root = -1;

    /* systemd removes it, with all that is below it */
    if (is_watched(hierarchy, group) || remove_one(hierarchy, group, "") ||
        remove_usual(hierarchy, group))
        return true;
    root = cgroup_hierarchy_open(hierarchy, "", NULL, 0, NULL);
    return root < 0 || cgroup_tree_remove(root, group + 1);
}

void
cgroup_remove_empty(const CgroupLayout *layout, const char *group)
{
    guint i;

    for (i = 0; i < layout->hierarchies->len; i++) {
        const CgroupHierarchy *hierarchy = g_ptr_array_index(layout->hierarchies, i);

        if (!is_watched(hierarchy, group))
            remove_usual(hierarchy, group);
    }
}

bool
cgroup_remove(const CgroupLayout *layout, const char *group, gint64 deadline, GError **error)
{
    guint i;

    for (i = 0; i < layout->hierarchies->len; i++) {
        const CgroupHierarchy *hierarchy = g_ptr_array_index(layout->hierarchies, i);
        gint64 pause = PAUSE_FIRST_US;

        while (!hierarchy_remove(hierarchy, group)) {
            int saved = errno;

            if (saved == EBUSY && pause_until(&pause, deadline))
                continue;
            return fail_errno(error, saved, "cannot remove control group '%s' in '%s'", group,
                              hierarchy->mount_point);
        }
    }
    return true;
}
