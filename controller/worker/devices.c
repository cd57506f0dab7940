/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of the host, and their nodes in a running guest's /dev. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "controller/devices/find.h"
#include "controller/devices/node.h"
#include "controller/mounts/place.h"
#include "controller/wire/failure.h"
#include "controller/worker/guest.h"
#include "controller/worker/worker.h"

bool
devices_find(Request *request, GError **error)
{
    const char *text = request->arguments[0] ? request->arguments[0] : "";
    g_auto(FoundDevice) found = FOUND_DEVICE_NONE;
    ContainerHostDevice *device = json_read(&container_host_device_type, text, strlen(text), error);
    bool done = device && device_find(&device_roots, device, &found, error);

    json_free(&container_host_device_type, device);
    if (!done)
        return false;
    request->reply->parameters->nodes = g_steal_pointer(&found.nodes);
    request->reply_fd = fd_steal(&found.held);
    request->reply->parameters->number = found.server;
    found.server = 0;
    return true;
}

/* Whether one of the mounts in @table, a mountinfo, is of the file system @device. */
static bool
has_mounted(const char *table, dev_t device)
{
    g_autofree char *number = g_strdup_printf("%u:%u", major(device), minor(device));
    g_auto(GStrv) lines = g_strsplit(table, "\n", -1);
    char **line;

    for (line = lines; *line; line++) {
        g_auto(GStrv) words = g_strsplit(*line, " ", 4);

        if (g_strv_length(words) > 2 && g_str_equal(words[2], number))
            return true;
    }
    return false;
}

/*
 * The guest's /dev. One that the guest has put another file system on may be anything: the host's
 * own devtmpfs if it may mount, or a directory of its own that users of the host reach. No node
 * must get into what the host has mounted as well.
 */
static int
open_dev(int pidfd, GError **error)
{
    g_autofree char *host = NULL;
    g_auto(Fd) root = -1;
    g_auto(Fd) dev = -1;
    struct stat status;
    struct statfs system;

    if (!g_file_get_contents("/proc/self/mountinfo", &host, NULL, error))
        return -1;
    if (!guest_enter(pidfd, error) || (root = guest_open_root(error)) < 0 ||
        (dev = place_open(root, "/dev", O_PATH | O_DIRECTORY, error)) < 0)
        return -1;
    if (fstat(dev, &status) < 0 || fstatfs(dev, &system) < 0) {
        fail_errno(error, errno, "cannot examine '/dev' of the container");
        return -1;
    }
    if (system.f_type != TMPFS_MAGIC || has_mounted(host, status.st_dev) ||
        (system.f_flags & ST_NODEV)) {
        fail(error, FAILURE_OPERATION_FAILED,
             "the container has mounted something else on its /dev, where no device node can be "
             "made");
        return -1;
    }
    return fd_steal(&dev);
}

static const GPtrArray *
expect_nodes(const Request *request, GError **error)
{
    if (!request->call->parameters->nodes)
        fail(error, FAILURE_INVALID_ARG, "no device nodes were named");
    return request->call->parameters->nodes;
}

bool
devices_make(Request *request, GError **error)
{
    const GPtrArray *nodes = expect_nodes(request, error);
    g_auto(Fd) pidfd = message_take_fd(request->fds, 0);
    g_auto(Fd) dev = -1;
    NodeOwner owner;
    guint i;

    if (!nodes)
        return false;
    if (!request->arguments[0] || !request->arguments[1])
        return fail(error, FAILURE_INVALID_ARG, "uid and gid of the container's root are needed");
    owner = (NodeOwner){ strtoul(request->arguments[0], NULL, 10),
                         strtoul(request->arguments[1], NULL, 10) };
    if ((dev = open_dev(pidfd, error)) < 0)
        return false;
    for (i = 0; i < nodes->len; i++) {
        if (node_make(dev, nodes->pdata[i], owner, error))
            continue;
        while (i-- > 0)
            node_remove(dev, nodes->pdata[i]);
        return false;
    }
    return true;
}

bool
devices_remove(Request *request, GError **error)
{
    const GPtrArray *nodes = expect_nodes(request, error);
    g_auto(Fd) pidfd = message_take_fd(request->fds, 0);
    g_auto(Fd) dev = -1;
    guint i;

    if (!nodes || (dev = open_dev(pidfd, error)) < 0)
        return false;
    for (i = 0; i < nodes->len; i++)
        node_remove(dev, nodes->pdata[i]);
    return true;
}
