/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The socket by which systemd in the guest says that it is ready. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "controller/launcher/guest-systemd.h"
#include "controller/launcher/steps.h"
#include "controller/wire/failure.h"

/* In /dev, which is ours and stays: systemd mounts a /run of its own. */
#define NOTIFY_NAME "caisson-notify"

static int
find_dev(const Launch *launch)
{
    const GPtrArray *mounts = launch->container->mounts;
    guint i;

    for (i = 0; i < mounts->len; i++) {
        const ContainerMount *mount = g_ptr_array_index(mounts, i);

        if (g_strcmp0(mount->type, "tmpfs") == 0 && g_str_equal(mount->destination, "/dev"))
            return launch->trees[i];
    }
    return -1;
}

static bool
bind_socket(const Launch *launch, int dev, GError **error)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    g_snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" NOTIFY_NAME, dev);
    if (bind(launch->notify, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return fail_errno(error, errno, "cannot make the socket '/dev/" NOTIFY_NAME "'");
    if (fchownat(dev, NOTIFY_NAME, launch->root_uid, launch->root_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
        fchmodat(dev, NOTIFY_NAME, 0600, 0) < 0)
        return fail_errno(error, errno, "cannot give '/dev/" NOTIFY_NAME "' to the guest's root");
    return true;
}

static void
add_environment(ContainerProcess *process)
{
    guint count = process->env ? g_strv_length(process->env) : 0;

    process->env = g_renew(char *, process->env, count + 2);
    process->env[count] = g_strdup("NOTIFY_SOCKET=/dev/" NOTIFY_NAME);
    process->env[count + 1] = NULL;
}

/* For systemd only: it takes the variable out of the environment of its children. Those of another
 * init would inherit it, and act on it. */
bool
notify_open(Launch *launch, GError **error)
{
    int dev = find_dev(launch);

    if (dev < 0 || guest_systemd_version(launch) == 0)
        return true;
    launch->notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (launch->notify < 0)
        return fail_errno(error, errno, "cannot create a socket");
    if (!bind_socket(launch, dev, error))
        return false;
    add_environment(launch->container->process);
    return true;
}
