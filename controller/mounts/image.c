/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening an image, and who makes a device of it. */
#include "controller/mounts/image.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "controller/mounts/loop.h"
#include "controller/mounts/nbd.h"
#include "controller/wire/failure.h"

#define SERVER_ENDS_MS 10000

/* A guest may have written the image: it is opened only when it is a file, which cannot block. */
static int
image_open(const Image *image, GError **error)
{
    g_auto(Fd) fd = open(image->path,
                         (image->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;

    if (fd < 0 || fstat(fd, &status) < 0) {
        fail_errno(error, errno, "cannot open the image '%s'", image->path);
        return -1;
    }
    if (!S_ISREG(status.st_mode)) {
        fail(error, FAILURE_SYSTEM,
             "the image '%s' is no file; use type 'block' for a device, 'mount' for a directory",
             image->path);
        return -1;
    }
    return fd_steal(&fd);
}

bool
image_attach(const Image *image, ImageDevice *ret_device, GError **error)
{
    g_auto(ImageDevice) device = IMAGE_DEVICE_NONE;
    g_auto(Fd) file = image_open(image, error);

    if (file < 0)
        return false;
    if (image->format ? !nbd_attach(image, file, &device, error)
                      : (device.fd = loop_attach(image, file, &device.path, error)) < 0)
        return false;
    *ret_device = device;
    device = IMAGE_DEVICE_NONE;
    return true;
}

void
image_device_clear(ImageDevice *device)
{
    fd_close(&device->fd);
    g_clear_pointer(&device->path, g_free);
    if (device->server > 0)
        image_server_await(device->server);
    device->server = 0;
}

void
image_server_await(pid_t server)
{
    g_auto(Fd) pidfd = pidfd_open(server, 0);
    struct pollfd end = { .fd = pidfd, .events = POLLIN };

    /* one that hangs has data that are not yet on the disk: it must not be killed */
    if (pidfd < 0 || poll(&end, 1, SERVER_ENDS_MS) != 1)
        g_printerr("image: the server %d is still at work\n", (int)server);
    while (waitpid(server, NULL, WNOHANG) < 0 && errno == EINTR)
        continue;
}
