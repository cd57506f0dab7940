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

static bool
has_kind(const Launch *launch, const char *kind)
{
    const GPtrArray *interfaces = launch->container->caisson->interfaces;
    guint i;

    for (i = 0; i < interfaces->len; i++) {
        const ContainerInterface *interface = interfaces->pdata[i];

        if (g_str_equal(interface->kind, kind))
            return true;
    }
    return false;
}

static bool
has_devices(const Launch *launch)
{
    return has_kind(launch, CONTAINER_INTERFACE_DEVICE);
}

static bool
has_programs(const Launch *launch)
{
    return has_kind(launch, CONTAINER_INTERFACE_PASST);
}

/* Where the driver finds the namespace when the guest has ended. */
static char *
pin_path(const Launch *launch)
{
    const ContainerExtension *caisson = launch->container->caisson;

    return g_strdup_printf("%s/%s.netns", caisson->state_directory, caisson->name);
}

static bool
attach_all(Launch *launch, const Network *network, GError **error)
{
    const GPtrArray *interfaces = launch->container->caisson->interfaces;
    guint i;

    for (i = 0; i < interfaces->len; i++) {
        int index;

        if (!interface_attach(network, interfaces->pdata[i], &index, error))
            return false;
        g_array_append_val(launch->links, index);
    }
    return true;
}

bool
network_attach(Launch *launch, GError **error)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/ns/net", launch->init);
    g_autofree char *pin = pin_path(launch);
    g_auto(Network) network = { .home = -1 };
    g_auto(Fd) netns = -1;

    if (launch->container->caisson->interfaces->len == 0)
        return true;
    if (!launch_owns_namespace(launch, "network"))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "a container without a network of its own cannot have interfaces");
    if ((netns = open(path, O_RDONLY | O_CLOEXEC)) < 0)
        return fail_errno(error, errno, "cannot open '%s'", path);
    if ((has_devices(launch) || has_programs(launch)) && !network_pin(path, pin, error))
        return false;
    if (!network_open(&network, netns, error))
        return false;
    network.path = pin;
    if (!attach_all(launch, &network, error))
        return false;
    /* programs have opened it; devices need it when the guest has ended */
    if (has_programs(launch) && !has_devices(launch))
        network_unpin(pin);
    return true;
}

/* What is inside goes with the namespace, but for devices of the host. */
void
network_detach(Launch *launch)
{
    const GPtrArray *interfaces = launch->container->caisson->interfaces;
    g_autofree char *pin = pin_path(launch);
    g_auto(Fd) netns = open(pin, O_RDONLY | O_CLOEXEC);
    g_auto(Network) network = { .home = -1 };
    guint i;

    if (launch->links->len > 0 && (netns >= 0 ? network_open(&network, netns, NULL)
                                              : (network.host = netlink_open(-1, NULL)) != NULL)) {
        network.path = netns >= 0 ? pin : NULL;
        for (i = 0; i < launch->links->len; i++)
            interface_detach(&network, interfaces->pdata[i], NULL);
    }
    if (netns >= 0)
        network_unpin(pin);
}

bool
network_start_loopback(GError **error)
{
    struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
    g_auto(Fd) fd = -1;

    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
        return fail_errno(error, errno, "cannot start interface 'lo'");
    return true;
}

/* In a namespace made ahead it was started there; to say it again costs nothing. */
bool
network_start(Launch *launch, GError **error)
{
    return !launch_owns_namespace(launch, "network") || network_start_loopback(error);
}
