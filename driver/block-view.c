/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which block devices a guest uses, and their sizes. */
#include "driver/block-view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"
#include "driver/host.h"

#define DEVICES_MAX 256
#define LOOP_MAJOR  7
#define QCOW2_SIZE  24 /* where its header has the size of the disk, big endian */

static bool
did_nothing(const BlockFigures *figures)
{
    return !figures->read_requests && !figures->write_requests && !figures->read_bytes &&
           !figures->write_bytes;
}

/* Whether a device with these numbers carries @disk: it is its source, or a loop over it. */
static bool
carries(const DiskView *disk, const BlockFigures *figures)
{
    char path[64];
    g_autofree char *backing = NULL;
    struct stat entry;

    if (!disk->source)
        return false;
    if (disk->block)
        return stat(disk->source, &entry) == 0 && S_ISBLK(entry.st_mode) &&
               major(entry.st_rdev) == figures->major && minor(entry.st_rdev) == figures->minor;
    if (figures->major != LOOP_MAJOR)
        return false;
    g_snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/loop/backing_file", figures->major,
               figures->minor);
    return g_file_get_contents(path, &backing, NULL, NULL) &&
           g_str_equal(g_strchomp(backing), disk->source);
}

static BlockView *
view_of_disk(GArray *views, const BlockFigures *figures)
{
    guint i;

    for (i = 0; i < views->len; i++) {
        BlockView *view = &g_array_index(views, BlockView, i);

        if (view->disk && carries(view->disk, figures))
            return view;
    }
    return NULL;
}

/* The kernel's name of a device, the last word of the link to it in sysfs. */
static void
add_host_device(GArray *views, const BlockFigures *figures)
{
    BlockView view = { .figures = *figures };
    char link[32];
    char target[PATH_MAX];
    const char *name = NULL;
    ssize_t length;

    g_snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", figures->major, figures->minor);
    length = readlink(link, target, sizeof(target) - 1);
    if (length > 0) {
        target[length] = 0;
        name = strrchr(target, '/');
    }
    if (name)
        g_snprintf(view.text, sizeof(view.text), "/dev/%s", name + 1);
    else
        g_snprintf(view.text, sizeof(view.text), "/dev/block/%u:%u", figures->major,
                   figures->minor);
    g_array_append_val(views, view);
}

GArray *
block_views(const GuestView *guest)
{
    GArray *views = g_array_new(FALSE, TRUE, sizeof(BlockView));
    BlockFigures devices[DEVICES_MAX];
    size_t count = guest->usage.group ? DEVICES_MAX : 0;
    size_t i;

    for (i = 0; i < guest->disks->len; i++) {
        const DiskView *disk = guest->disks->pdata[i];
        BlockView view = { .name = disk->target, .path = disk->source, .disk = disk };

        g_array_append_val(views, view);
    }
    if (count > 0)
        figures_read_block(host_figures(), guest->usage.files, devices, &count);
    for (i = 0; i < count; i++) {
        BlockView *view = view_of_disk(views, &devices[i]);

        if (view)
            view->figures = devices[i];
        else if (!did_nothing(&devices[i]))
            add_host_device(views, &devices[i]);
    }
    /* not before the array has stopped moving */
    for (i = 0; i < views->len; i++) {
        BlockView *view = &g_array_index(views, BlockView, i);

        if (!view->disk) {
            view->path = view->text;
            view->name = strrchr(view->text, '/') + 1;
        }
    }
    return views;
}

bool
block_views_find(const GArray *views, const char *path, BlockView *ret_view)
{
    guint i;

    memset(ret_view, 0, sizeof(*ret_view));
    for (i = 0; i < views->len; i++) {
        const BlockView *view = &g_array_index(views, BlockView, i);

        if (!*path) {
            ret_view->figures.read_bytes += view->figures.read_bytes;
            ret_view->figures.read_requests += view->figures.read_requests;
            ret_view->figures.write_bytes += view->figures.write_bytes;
            ret_view->figures.write_requests += view->figures.write_requests;
        } else if (g_strcmp0(view->name, path) == 0 || g_strcmp0(view->path, path) == 0) {
            *ret_view = *view;
            return true;
        }
    }
    return !*path;
}

/* A device's size without opening it. */
static bool
device_size(dev_t device, uint64_t *ret_bytes)
{
    g_autofree char *path =
        g_strdup_printf("/sys/dev/block/%u:%u/size", major(device), minor(device));
    g_autofree char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return false;
    *ret_bytes = g_ascii_strtoull(text, NULL, 10) * 512;
    return true;
}

/* The size that a qcow2 image has for whoever uses it. */
static uint64_t
image_size(const char *path, uint64_t otherwise)
{
    g_auto(Fd) fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    unsigned char header[QCOW2_SIZE + 8];
    uint64_t size = 0;
    size_t i;

    if (fd < 0 || pread(fd, header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
        memcmp(header, "QFI\xfb", 4) != 0)
        return otherwise;
    for (i = 0; i < 8; i++)
        size = size << 8 | header[QCOW2_SIZE + i];
    return size;
}

bool
block_sizes(const DiskView *disk, BlockSizes *ret_sizes, GError **error)
{
    BlockSizes sizes;
    struct stat entry;

    if (stat(disk->source, &entry) < 0)
        return fail_errno(error, errno, "cannot look at the source '%s' of disk '%s'", disk->source,
                          disk->target);
    sizes.physical = (uint64_t)entry.st_size;
    sizes.allocation = (uint64_t)entry.st_blocks * 512;
    if (S_ISBLK(entry.st_mode)) {
        if (!device_size(entry.st_rdev, &sizes.physical))
            return fail(error, FAILURE_OPERATION_FAILED, "the kernel shows no size of '%s'",
                        disk->source);
        sizes.allocation = sizes.physical;
    }
    sizes.capacity =
        disk->raw || disk->block ? sizes.physical : image_size(disk->source, sizes.physical);
    *ret_sizes = sizes;
    return true;
}
