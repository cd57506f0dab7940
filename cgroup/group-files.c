/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads files of groups, and keeps open those that are read often. */
#include "cgroup/group-files.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "controller/wire/descriptor.h"

#define NEVER_READ (-2)
#define READ_ONCE  (-1)

struct GroupFiles {
    gatomicrefcount references;
    char *group;
    gint held[GROUP_FILES_MAX]; /* open file, or one of the above; set once to an open file */
};

/* Open files of all groups. */
static gint held_by_all;

GroupFiles *
group_files_new(const char *group)
{
    GroupFiles *files = g_new0(GroupFiles, 1);
    size_t i;

    g_atomic_ref_count_init(&files->references);
    files->group = g_strdup(group);
    for (i = 0; i < GROUP_FILES_MAX; i++)
        files->held[i] = NEVER_READ;
    return files;
}

GroupFiles *
group_files_ref(GroupFiles *files)
{
    g_atomic_ref_count_inc(&files->references);
    return files;
}

void
group_files_unref(GroupFiles *files)
{
    size_t i;

    if (!files || !g_atomic_ref_count_dec(&files->references))
        return;
    for (i = 0; i < GROUP_FILES_MAX; i++) {
        if (files->held[i] < 0)
            continue;
        close(files->held[i]);
        g_atomic_int_add(&held_by_all, -1);
    }
    g_free(files->group);
    g_free(files);
}

const char *
group_files_group(const GroupFiles *files)
{
    return files->group;
}

static gint
held_max(void)
{
    static gsize max;

    if (g_once_init_enter(&max)) {
        struct rlimit limit = { 0 };

        getrlimit(RLIMIT_NOFILE, &limit);
        g_once_init_leave(&max, 1 + (gsize)MIN(limit.rlim_cur, G_MAXINT) / 2);
    }
    return (gint)max - 1;
}

/* Takes @fd over, unless it is the file's first time, enough are open, or another thread has just
 * done the same. */
static void
hold(gint *held, Fd *fd)
{
    if (g_atomic_int_compare_and_exchange(held, NEVER_READ, READ_ONCE))
        return;
    if (g_atomic_int_add(&held_by_all, 1) < held_max() &&
        g_atomic_int_compare_and_exchange(held, READ_ONCE, *fd))
        *fd = -1;
    else
        g_atomic_int_add(&held_by_all, -1);
}

/* One pread(2) gives all of a file. */
static bool
read_text(int fd, char text[GROUP_TEXT_MAX])
{
    ssize_t length = pread(fd, text, GROUP_TEXT_MAX - 1, 0);

    if (length <= 0)
        return false;
    text[length] = 0;
    return true;
}

bool
group_files_read(GroupFiles *files, size_t which, const CgroupHierarchy *hierarchy,
                 const char *name, char text[GROUP_TEXT_MAX])
{
    gint held = g_atomic_int_get(&files->held[which]);
    g_auto(Fd) fd = -1;

    if (held >= 0)
        return read_text(held, text);
    if (!hierarchy)
        return false;
    fd = cgroup_hierarchy_open(hierarchy, files->group, name, O_RDONLY, NULL);
    if (fd < 0 || !read_text(fd, text))
        return false;
    hold(&files->held[which], &fd);
    return true;
}
