/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process of its own starts the server, connects it to the kernel and hands the open device back.
 * Should whoever wants the image be killed meanwhile, that process finds nobody to hand the device
 * to, and closing it ends everything.
 */
#include "controller/mounts/nbd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/nbd-netlink.h>
#include <linux/nbd.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/mounts/nbd-server.h"
#include "controller/network/netlink.h"
#include "controller/wire/failure.h"
#include "controller/wire/message.h"

#define MODPROBE        "/sbin/modprobe"
#define SECTOR_BYTES    512
#define SECONDS         15 /* for all of it; the server alone has fewer */
#define PATH_BYTES      64
#define NAME_MAX_KERNEL 1024 /* the kernel's own limit is that of a page, and not checked */

#ifndef NBD_CFLAG_DISCONNECT_ON_CLOSE
#define NBD_CFLAG_DISCONNECT_ON_CLOSE (1 << 1)
#endif

typedef struct {
    Netlink *netlink;
    int family; /* the kernel's number of it */
} Kernel;

static struct nl_msg *
request(const Kernel *kernel, int family, uint8_t command)
{
    const struct genlmsghdr header = { .cmd = command, .version = 1 };

    return netlink_request(family, 0, &header, sizeof(header));
}

static void
on_family(struct nlmsghdr *header, void *opaque)
{
    struct nlattr *id = nlmsg_find_attr(header, sizeof(struct genlmsghdr), CTRL_ATTR_FAMILY_ID);

    if (id)
        *(int *)opaque = nla_get_u16(id);
}

static int
find_family(const Kernel *kernel)
{
    struct nl_msg *message = request(kernel, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
    int family = 0;

    nla_put_string(message, CTRL_ATTR_FAMILY_NAME, NBD_GENL_FAMILY_NAME);
    return netlink_query(kernel->netlink, message, on_family, &family) == 0 ? family : 0;
}

static void
load_module(void)
{
    char *argv[] = { (char *)MODPROBE, (char *)"--quiet", (char *)"nbd", NULL };
    pid_t pid;

    if (posix_spawn(&pid, MODPROBE, NULL, NULL, argv, environ) == 0)
        waitpid(pid, NULL, 0);
}

/* The kernel takes such requests in the first network namespace only. */
static bool
kernel_open(Kernel *kernel, GError **error)
{
    g_auto(Fd) first = open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC);

    if (!(kernel->netlink = netlink_open_generic(first, error)))
        return false;
    if ((kernel->family = find_family(kernel)) == 0) {
        load_module();
        kernel->family = find_family(kernel);
    }
    return kernel->family != 0 ||
           fail(error, FAILURE_CONFIG_UNSUPPORTED,
                "this kernel has no module 'nbd', which images of other formats than 'raw' need; "
                "convert the image with 'qemu-img convert -O raw', and take its <driver> away");
}

static void
on_connected(struct nlmsghdr *header, void *opaque)
{
    struct nlattr *index = nlmsg_find_attr(header, sizeof(struct genlmsghdr), NBD_ATTR_INDEX);

    if (index)
        *(int *)opaque = (int)nla_get_u32(index);
}

/* What the kernel shows in /sys/block/nbdN/backend. */
static char *
name_of(const Image *image)
{
    return g_strndup(image->path, NAME_MAX_KERNEL);
}

/* The kernel chooses a device that is free, and makes one when there is none. */
static int
device_connect(const Kernel *kernel, const NbdServer *server, const char *name, GError **error)
{
    struct nl_msg *message = request(kernel, kernel->family, NBD_CMD_CONNECT);
    struct nlattr *sockets;
    struct nlattr *item;
    int index = -1;
    int failed;

    nla_put_u64(message, NBD_ATTR_SIZE_BYTES, server->size);
    nla_put_u64(message, NBD_ATTR_BLOCK_SIZE_BYTES, SECTOR_BYTES);
    nla_put_u64(message, NBD_ATTR_SERVER_FLAGS, server->flags);
    nla_put_string(message, NBD_ATTR_BACKEND_IDENTIFIER, name);
    sockets = nla_nest_start(message, NBD_ATTR_SOCKETS);
    item = nla_nest_start(message, NBD_SOCK_ITEM);
    nla_put_u32(message, NBD_SOCK_FD, server->socket);
    nla_nest_end(message, item);
    nla_nest_end(message, sockets);
    failed = netlink_query(kernel->netlink, message, on_connected, &index);
    if (failed != 0 || index < 0)
        netlink_fail(kernel->netlink, failed ? failed : EPROTO, error,
                     "cannot get a network block device");
    return index;
}

static void
device_disconnect(const Kernel *kernel, int index)
{
    struct nl_msg *message = request(kernel, kernel->family, NBD_CMD_DISCONNECT);

    nla_put_u32(message, NBD_ATTR_INDEX, index);
    netlink_perform(kernel->netlink, message);
}

/* Not sooner than it is open here: others, such as udev, open and close it as soon as it is
 * connected. */
static bool
device_disconnect_on_close(const Kernel *kernel, int index, const char *name, GError **error)
{
    struct nl_msg *message = request(kernel, kernel->family, NBD_CMD_RECONFIGURE);
    int failed;

    nla_put_u32(message, NBD_ATTR_INDEX, index);
    nla_put_u64(message, NBD_ATTR_CLIENT_FLAGS, NBD_CFLAG_DISCONNECT_ON_CLOSE);
    nla_put_string(message, NBD_ATTR_BACKEND_IDENTIFIER, name);
    failed = netlink_perform(kernel->netlink, message);
    return failed == 0 ||
           netlink_fail(kernel->netlink, failed, error, "cannot set up '/dev/nbd%d'", index);
}

static int
device_open(const Kernel *kernel, int index, const Image *image, GError **error)
{
    g_autofree char *path = g_strdup_printf("/dev/nbd%d", index);
    g_autofree char *name = name_of(image);
    g_auto(Fd) fd = open(path, (image->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);

    if (fd < 0) {
        fail_errno(error, errno, "cannot open '%s'", path);
        return -1;
    }
    return device_disconnect_on_close(kernel, index, name, error) ? fd_steal(&fd) : -1;
}

static int
attach(const Image *image, int file, NbdServer *server, GError **error)
{
    g_autofree char *name = name_of(image);
    Kernel kernel = { NULL, 0 };
    int fd = -1;
    int index;

    if (!kernel_open(&kernel, error) || !nbd_server_start(image, file, server, error))
        return -1;
    if ((index = device_connect(&kernel, server, name, error)) < 0)
        return -1;
    if ((fd = device_open(&kernel, index, image, error)) < 0)
        device_disconnect(&kernel, index);
    return fd;
}

/* What is open and allocated here goes with the process. */
G_NORETURN static void
helper_run(const Image *image, int file, int socket)
{
    gint64 deadline = g_get_monotonic_time() + SECONDS * G_USEC_PER_SEC;
    NbdServer server = NBD_SERVER_NONE;
    GError *error = NULL;
    int device = attach(image, file, &server, &error);
    Message *reply = error ? message_new_error(error) : message_new_reply();

    if (device < 0)
        nbd_server_end(&server);
    reply->parameters->number = server.pid;
    message_send(socket, reply, &device, device >= 0, deadline, NULL);
    _exit(EXIT_SUCCESS);
}

/* A process that the caller is the parent of, as it is of the server. */
static Message *
run_helper(const Image *image, int file, GArray **ret_fds, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + SECONDS * G_USEC_PER_SEC;
    g_autoptr(GError) local = NULL;
    Message *reply = NULL;
    int pair[2];
    pid_t helper;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        fail_errno(error, errno, "cannot create a socket pair");
        return NULL;
    }
    if ((helper = fork()) == 0) {
        close(pair[0]);
        helper_run(image, file, pair[1]);
    }
    close(pair[1]);
    if (helper > 0 && !(reply = message_receive(pair[0], deadline, ret_fds, &local)) && !local)
        fail(&local, FAILURE_INTERNAL, "the helper ended without a word");
    close(pair[0]);
    if (helper < 0)
        fail_errno(error, errno, "cannot create a process");
    else if (local)
        g_propagate_error(error, g_steal_pointer(&local));
    while (helper > 0 && waitpid(helper, NULL, 0) < 0 && errno == EINTR)
        continue;
    return reply;
}

bool
nbd_attach(const Image *image, int file, ImageDevice *ret_device, GError **error)
{
    g_autoptr(GArray) fds = NULL;
    g_autoptr(Message) reply = run_helper(image, file, &fds, error);
    g_auto(ImageDevice) device = IMAGE_DEVICE_NONE;
    char path[PATH_BYTES] = "";
    g_autofree char *link = NULL;

    if (!reply)
        return false;
    device.fd = fds ? message_take_fd(fds, 0) : -1;
    device.server = (pid_t)reply->parameters->number;
    if (!message_check(reply, error)) {
        g_prefix_error(error, "cannot attach the image '%s': ", image->path);
        return false;
    }
    link = g_strdup_printf("/proc/self/fd/%d", device.fd);
    if (device.fd < 0 || readlink(link, path, sizeof(path) - 1) < 0)
        return fail_errno(error, device.fd < 0 ? EPROTO : errno,
                          "cannot find the device of the image '%s'", image->path);
    device.path = g_strdup(path);
    *ret_device = device;
    device = IMAGE_DEVICE_NONE;
    return true;
}
