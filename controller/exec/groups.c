/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Init's own groups rather than the guest's topmost: on v2 a group that has passed controllers on
 * takes no process any more, and that is what systemd does with it. */
#include "controller/exec/groups.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cgroup/cgroup.h"
#include "controller/wire/failure.h"

static void
close_at(gpointer fd)
{
    fd_close(fd);
}

/* The line of /proc/PID/cgroup is "number:controllers:path"; v2 has no controllers there. */
static bool
hierarchy_is(const CgroupHierarchy *hierarchy, const char *controllers)
{
    g_auto(GStrv) words = g_strsplit(controllers, ",", -1);

    if (hierarchy->version == 2)
        return !*controllers;
    return words[0] && *words[0] &&
           g_strv_contains((const char *const *)hierarchy->controllers, words[0]);
}

static bool
open_line(ExecGroups *groups, const CgroupHierarchy *hierarchy, const char *path, GError **error)
{
    int fd = cgroup_hierarchy_open(hierarchy, path, hierarchy->version == 2 ? NULL : "tasks",
                                   hierarchy->version == 2 ? 0 : O_WRONLY, error);

    if (fd < 0)
        return false;
    if (hierarchy->version == 2)
        groups->birthplace = fd;
    else
        g_array_append_val(groups->tasks, fd);
    return true;
}

bool
exec_groups_open(ExecGroups *groups, const Guest *guest, GError **error)
{
    g_autofree char *file = g_strdup_printf("/proc/%d/cgroup", guest->pid);
    g_autoptr(CgroupLayout) layout = cgroup_layout_new(error);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    char **line;

    groups->birthplace = -1;
    groups->tasks = g_array_new(FALSE, FALSE, sizeof(Fd));
    g_array_set_clear_func(groups->tasks, close_at);
    if (!layout)
        return false;
    if (!g_file_get_contents(file, &text, NULL, NULL) || !guest_is_alive(guest))
        return fail(error, FAILURE_OPERATION_INVALID, "the guest of domain '%s' has ended",
                    guest->name);
    lines = g_strsplit(text, "\n", -1);
    for (line = lines; *line; line++) {
        const GPtrArray *hierarchies = cgroup_hierarchies(layout);
        g_auto(GStrv) words = g_strsplit(*line, ":", 3);
        guint i;

        for (i = 0; g_strv_length(words) == 3 && i < hierarchies->len; i++) {
            if (hierarchy_is(hierarchies->pdata[i], words[1]) &&
                !open_line(groups, hierarchies->pdata[i], words[2], error))
                return false;
        }
    }
    return true;
}

bool
exec_groups_enter(const ExecGroups *groups, GError **error)
{
    guint i;

    for (i = 0; i < groups->tasks->len; i++) {
        if (write(g_array_index(groups->tasks, Fd, i), "0", 1) != 1)
            return fail_errno(error, errno, "cannot enter a control group of the guest");
    }
    return true;
}

void
exec_groups_clear(ExecGroups *groups)
{
    fd_close(&groups->birthplace);
    g_clear_pointer(&groups->tasks, g_array_unref);
}
