/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Images and the loop devices over them. */
#include "driver/image.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"
#include "driver/live.h"

/* The image stays sparse: room is taken on the host when the guest writes. */
static bool
grow_file(int image, const char *path, const char *what, uint64_t size, GError **error)
{
    struct stat status;

    if (fstat(image, &status) < 0)
        return fail_errno(error, errno, "cannot look at the image '%s' %s", path, what);
    if (!S_ISREG(status.st_mode))
        return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                    "the source '%s' %s is no image: change its size on the host", path, what);
    if (size < (uint64_t)status.st_size)
        return fail(error, FAILURE_INVALID_ARG,
                    "the image '%s' %s cannot become smaller than its %" G_GUINT64_FORMAT
                    " bytes while the container uses it: what is beyond would be lost; give a "
                    "larger size",
                    path, what, (uint64_t)status.st_size);
    if (ftruncate(image, (off_t)size) < 0)
        return fail_errno(error, errno, "cannot make the image '%s' %s larger", path, what);
    return true;
}

/* Whether @loop is over the file that is open as @image. */
static bool
is_over(int loop, int image)
{
    struct loop_info64 info;
    struct stat status;

    return ioctl(loop, LOOP_GET_STATUS64, &info) == 0 && fstat(image, &status) == 0 &&
           info.lo_device == status.st_dev && info.lo_inode == status.st_ino;
}

/* The kernel looks at the size of an image when the loop device is made, and when it is told to. */
static bool
grow_loop(const char *name, int image, dev_t *ret_device)
{
    g_autofree char *backing = g_strdup_printf("/sys/block/%s/loop/backing_file", name);
    g_autofree char *path = g_strconcat("/dev/", name, NULL);
    g_auto(Fd) loop = -1;
    struct stat status;

    if (access(backing, F_OK) < 0 || (loop = open(path, O_RDONLY | O_CLOEXEC)) < 0 ||
        !is_over(loop, image) || fstat(loop, &status) < 0 || ioctl(loop, LOOP_SET_CAPACITY, 0) < 0)
        return false;
    *ret_device = status.st_rdev;
    return true;
}

bool
image_grow(const char *path, const char *what, uint64_t size, dev_t *ret_device, GError **error)
{
    g_auto(Fd) image = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    g_autoptr(GDir) devices = g_dir_open("/sys/block", 0, NULL);
    const char *name;
    bool found = false;

    if (image < 0)
        return fail_errno(error, errno, "cannot open the image '%s' %s", path, what);
    if (!grow_file(image, path, what, size, error))
        return false;
    while (devices && (name = g_dir_read_name(devices))) {
        if (g_str_has_prefix(name, "loop"))
            found |= grow_loop(name, image, ret_device);
    }
    return found || fail(error, FAILURE_OPERATION_INVALID,
                         "the image '%s' %s is larger, but no loop device is over it: attach it, "
                         "or start the domain again",
                         path, what);
}

bool
image_grow_filesystem(Domain *domain, const char *target, dev_t device, uint64_t size,
                      GError **error)
{
    g_autofree char *major_number = g_strdup_printf("%u", major(device));
    g_autofree char *minor_number = g_strdup_printf("%u", minor(device));
    g_autofree char *bytes = g_strdup_printf("%" G_GUINT64_FORMAT, size);
    const char *const words[] = {
        "GrowFilesystem", target, major_number, minor_number, bytes, NULL
    };
    LiveChange change = { .domain = domain };
    g_autoptr(Message) reply = live_work(&change, words, NULL, error);

    return reply != NULL;
}
