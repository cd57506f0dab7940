/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making and removing device nodes by descriptors. */
#include "controller/devices/node.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "controller/kernel.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

/* of the kernel's 12 and 20 bits */
#define MAJOR_MAX 0xfff
#define MINOR_MAX 0xfffff

#define INSIDE (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV)

static mode_t
node_type(const DeviceNode *node)
{
    return g_str_equal(node->type, "b") ? S_IFBLK : S_IFCHR;
}

static bool
node_check(const DeviceNode *node, GError **error)
{
    g_auto(GStrv) parts = NULL;
    size_t i;

    if (!g_str_has_prefix(node->path, "/dev/"))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED, "device node '%s' is not below /dev",
                    node->path);
    parts = g_strsplit(node->path + 1, "/", -1);
    for (i = 0; parts[i]; i++) {
        if (!*parts[i] || g_str_equal(parts[i], ".") || g_str_equal(parts[i], ".."))
            return fail(error, FAILURE_CONFIG_UNSUPPORTED, "device node '%s' is not below /dev",
                        node->path);
    }
    if (node->major < 0 || node->major > MAJOR_MAX || node->minor < 0 || node->minor > MINOR_MAX)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "device node '%s' has the numbers %" G_GINT64_FORMAT ":%" G_GINT64_FORMAT
                    ", which no device has",
                    node->path, node->major, node->minor);
    return true;
}

static int
open_inside(int directory, const char *name, uint64_t flags)
{
    return kernel_openat2(directory, name, flags | O_PATH | O_CLOEXEC, 0, INSIDE);
}

static int
fail_directory(const char *path, GError **error)
{
    int saved = errno;

    if (saved == ELOOP || saved == ENOTDIR || saved == EXDEV)
        fail(error, FAILURE_OPERATION_FAILED,
             "'%s' of the container is %s: no device node can be made below it", path,
             saved == EXDEV ? "a mount point" : "no directory");
    else
        fail_errno(error, saved, "cannot make the directory '%s' of the container", path);
    return -1;
}

/* The directory above @node; with @owner it is made. */
static int
open_parent(int dev, const DeviceNode *node, const NodeOwner *owner, GError **error)
{
    const char *rest = node->path + strlen("/dev/");
    g_auto(Fd) place = open_inside(dev, ".", O_DIRECTORY);
    const char *slash;

    for (; place >= 0 && (slash = strchr(rest, '/')); rest = slash + 1) {
        g_autofree char *name = g_strndup(rest, slash - rest);
        g_autofree char *path = g_strndup(node->path, slash - node->path);
        bool made = owner && mkdirat(place, name, 0755) == 0;
        int next = open_inside(place, name, O_DIRECTORY);

        if (next < 0 || (made && fchownat(next, "", owner->uid, owner->gid, AT_EMPTY_PATH) < 0)) {
            fail_directory(path, error);
            fd_close(&next);
            return -1;
        }
        fd_close(&place);
        place = next;
    }
    if (place < 0)
        fail_directory("/dev", error);
    return fd_steal(&place);
}

static const char *
last_name(const DeviceNode *node)
{
    return strrchr(node->path, '/') + 1;
}

static bool
is_node(int place, const DeviceNode *node)
{
    struct stat status;

    return fstat(place, &status) == 0 && (status.st_mode & S_IFMT) == node_type(node) &&
           status.st_rdev == makedev(node->major, node->minor);
}

bool
node_make(int dev, const DeviceNode *node, NodeOwner owner, GError **error)
{
    g_auto(Fd) parent = -1;
    g_auto(Fd) place = -1;
    mode_t before;
    int made;

    if (!node_check(node, error) || (parent = open_parent(dev, node, &owner, error)) < 0)
        return false;
    /* the right mode from the start: by name, a change could be led elsewhere */
    before = umask(0);
    made = mknodat(parent, last_name(node), node_type(node) | (node->file_mode & 0777),
                   makedev(node->major, node->minor));
    umask(before);
    if (made < 0 && errno == EEXIST)
        return fail(error, FAILURE_OPERATION_FAILED, "the container has '%s' already", node->path);
    if (made < 0)
        return fail_errno(error, errno, "cannot make device node '%s'", node->path);
    place = open_inside(parent, last_name(node), O_NOFOLLOW);
    if (place >= 0 && is_node(place, node) &&
        fchownat(place, "", owner.uid, owner.gid, AT_EMPTY_PATH) == 0)
        return true;
    fail(error, FAILURE_OPERATION_FAILED,
         "device node '%s' could not be given to the guest's root: something else took its place",
         node->path);
    node_remove(dev, node);
    return false;
}

bool
node_is_there(int dev, const DeviceNode *node)
{
    g_auto(Fd) parent = open_parent(dev, node, NULL, NULL);
    g_auto(Fd) place = parent >= 0 ? open_inside(parent, last_name(node), O_NOFOLLOW) : -1;

    return place >= 0 && is_node(place, node);
}

/* What is not empty stays, and so does all above it. */
static void
remove_parents(int dev, const DeviceNode *node)
{
    g_autofree char *path = g_strdup(node->path);
    DeviceNode directory = { .path = path };
    char *slash;

    while ((slash = strrchr(path, '/')) > path + strlen("/dev")) {
        g_auto(Fd) parent = -1;

        *slash = '\0';
        parent = open_parent(dev, &directory, NULL, NULL);
        if (parent < 0 || unlinkat(parent, last_name(&directory), AT_REMOVEDIR) < 0)
            return;
    }
}

void
node_remove(int dev, const DeviceNode *node)
{
    g_auto(Fd) parent = -1;
    g_auto(Fd) place = -1;

    if (!node_check(node, NULL) || (parent = open_parent(dev, node, NULL, NULL)) < 0)
        return;
    place = open_inside(parent, last_name(node), O_NOFOLLOW);
    if (place >= 0 && is_node(place, node) && unlinkat(parent, last_name(node), 0) == 0)
        remove_parents(dev, node);
}
