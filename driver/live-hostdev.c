/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of the host that a running guest has: nodes, or network interfaces that move. */
#include "driver/links.h"
#include "driver/nodes.h"
#include "xml/container.h"

static bool
moves(const LiveChange *change)
{
    return device_hostdev(change->device)->type == HOSTDEV_NET;
}

static bool
attach(LiveChange *change, GError **error)
{
    g_autoptr(ContainerInterface) interface = NULL;
    g_autoptr(Message) reply = NULL;

    if (!moves(change))
        return nodes_grant(change, error);
    if (!links_are_possible(change, error))
        return false;
    interface = container_moved_device(device_hostdev(change->device));
    reply = links_make(change, interface, error);
    return reply != NULL;
}

static bool
detach(LiveChange *change, GError **error)
{
    g_autoptr(ContainerInterface) interface = NULL;

    if (!moves(change))
        return nodes_revoke(change, error);
    interface = container_moved_device(device_hostdev(change->device));
    return links_remove(change, interface, error);
}

const LiveKind live_hostdev = { "hostdev", attach, detach, NULL };
