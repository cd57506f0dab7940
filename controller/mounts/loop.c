/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loop devices; Linux 5.8 sets one up in a single call, so none is ever half configured. */
#include "controller/mounts/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

/* Somebody else may take the device that the kernel named as free. */
#define TRIES 64

/* 0, or what errno was */
static int
device_configure(int device, int image, const char *name, uint32_t flags)
{
    struct loop_config config = { .fd = image, .info = { .lo_flags = flags } };

    g_strlcpy((char *)config.info.lo_file_name, name, LO_NAME_SIZE);
    if (ioctl(device, LOOP_CONFIGURE, &config) == 0)
        return 0;
    /* a file system without direct I/O */
    if (errno != EINVAL || !(flags & LO_FLAGS_DIRECT_IO))
        return errno;
    config.info.lo_flags &= ~LO_FLAGS_DIRECT_IO;
    return ioctl(device, LOOP_CONFIGURE, &config) == 0 ? 0 : errno;
}

int
loop_attach(const Image *image, int file, char **ret_device, GError **error)
{
    uint32_t flags =
        LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO | (image->readonly ? LO_FLAGS_READ_ONLY : 0);
    g_auto(Fd) control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    int failed = EBUSY;
    int tries;

    if (control < 0) {
        fail_errno(error, errno, "cannot open '/dev/loop-control' for the image '%s'", image->path);
        return -1;
    }
    for (tries = 0; tries < TRIES && failed == EBUSY; tries++) {
        int number = ioctl(control, LOOP_CTL_GET_FREE);
        g_autofree char *path = g_strdup_printf("/dev/loop%d", number);
        g_auto(Fd) device = number < 0 ? -1 : open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);

        if (device < 0) {
            fail_errno(error, errno, "cannot get a loop device for the image '%s'", image->path);
            return -1;
        }
        if ((failed = device_configure(device, file, image->path, flags)) == 0) {
            *ret_device = g_steal_pointer(&path);
            return fd_steal(&device);
        }
    }
    fail_errno(error, failed, "cannot attach the image '%s' to a loop device", image->path);
    return -1;
}
