/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interfaces: those of the definition, and the loopback one. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "controller/launcher/steps.h"
#include "controller/network/interface.h"
#include "controller/wire/failure.h"

bool
network_attach(Launch *launch, GError **error)
{
    const GPtrArray *interfaces = launch->container->caisson->interfaces;
    g_autofree char *path = g_strdup_printf("/proc/%d/ns/net", launch->init);
    g_auto(Network) network = { NULL };
    g_auto(Fd) netns = -1;
    guint i;

    if (interfaces->len == 0)
        return true;
    if (!launch_owns_namespace(launch, "network"))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "a container without a network of its own cannot have interfaces");
    if ((netns = open(path, O_RDONLY | O_CLOEXEC)) < 0)
        return fail_errno(error, errno, "cannot open '%s'", path);
    if (!network_open(&network, netns, error))
        return false;
    for (i = 0; i < interfaces->len; i++) {
        int index;

        if (!interface_attach(&network, interfaces->pdata[i], &index, error))
            return false;
        g_array_append_val(launch->links, index);
    }
    return true;
}

/* What is inside goes with the namespace. */
void
network_detach(Launch *launch)
{
    const GPtrArray *interfaces = launch->container->caisson->interfaces;
    g_auto(Network) network = { .netns = -1 };
    guint i;

    if (launch->links->len == 0 || !(network.host = netlink_open(-1, NULL)))
        return;
    for (i = 0; i < launch->links->len; i++) {
        if (g_array_index(launch->links, int, i))
            interface_detach(&network, interfaces->pdata[i], NULL);
    }
}

bool
network_start(Launch *launch, GError **error)
{
    struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
    g_auto(Fd) fd = -1;

    if (!launch_owns_namespace(launch, "network"))
        return true;
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
        return fail_errno(error, errno, "cannot start interface 'lo'");
    return true;
}
