/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walking and removing groups with all that is below them. */
#include "cgroup/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/wire/descriptor.h"

/* A guest decides how deep its groups nest; the kernel's own limit is far above what anyone uses.
 */
#define DEPTH_MAX 64

typedef bool (*TreeFunc)(int parent, const char *name, int depth, gpointer data);

/* What somebody else (systemd) has removed meanwhile: the directory, or its kernel object. */
static bool
is_gone(int number)
{
    return number == ENOENT || number == ENODEV;
}

/* Calls @function for each directory in @directory; false as soon as one call gives false. */
static bool
children_each(int directory, int depth, TreeFunc function, gpointer data)
{
    g_auto(Fd) fd = -1;
    struct dirent *entry;
    struct stat status;
    bool good = true;
    DIR *stream;

    /* the kernel counts them: the directory itself has two links */
    if (fstat(directory, &status) == 0 && status.st_nlink == 2)
        return true;
    fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || !(stream = fdopendir(fd)))
        return is_gone(errno);
    fd_steal(&fd);
    while (good && (entry = readdir(stream))) {
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            good = function(dirfd(stream), entry->d_name, depth + 1, data);
    }
    closedir(stream);
    return good;
}

typedef struct {
    void (*visit)(int group, gpointer data);
    gpointer data;
} Visit;

static bool
visit_child(int parent, const char *name, int depth, gpointer data)
{
    g_auto(Fd) group = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    Visit *visit = data;

    if (group < 0)
        return true;
    if (depth < DEPTH_MAX)
        children_each(group, depth, visit_child, data);
    visit->visit(group, visit->data);
    return true;
}

void
cgroup_tree_visit(int directory, void (*visit)(int group, gpointer data), gpointer data)
{
    Visit walk = { visit, data };

    children_each(directory, 0, visit_child, &walk);
    visit(directory, data);
}

static bool
descend_child(int parent, const char *name, int depth, gpointer data)
{
    g_auto(Fd) group = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    Visit *visit = data;

    if (group < 0)
        return true;
    visit->visit(group, visit->data);
    if (depth < DEPTH_MAX)
        children_each(group, depth, descend_child, data);
    return true;
}

void
cgroup_tree_descend(int directory, void (*visit)(int group, gpointer data), gpointer data)
{
    Visit walk = { visit, data };

    children_each(directory, 0, descend_child, &walk);
}

static bool
remove_child(int parent, const char *name, int depth, gpointer data)
{
    if (depth < DEPTH_MAX) {
        g_auto(Fd) group = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        if (group >= 0 && !children_each(group, depth, remove_child, data))
            return false;
    }
    return unlinkat(parent, name, AT_REMOVEDIR) == 0 || is_gone(errno);
}

bool
cgroup_tree_remove(int parent, const char *name)
{
    return remove_child(parent, name, 0, NULL);
}
