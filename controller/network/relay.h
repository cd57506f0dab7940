/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An interface on top of one of the host's that has an end on the host: the macvlan stays on the
 * host, where it keeps the mode and takes the container's address only, and all that arrives at it
 * or at the host's end of the container's pair goes out by the other one. Both disciplines are thus
 * out of the container's reach, and the device below keeps its own.
 */
#pragma once

#include "controller/network/netlink.h"
#include "controller/wire/interface.h"

typedef struct {
    int end;       /* the host's end of the pair */
    int lower;     /* what the macvlan is put on top of */
    uint32_t mode; /* MACVLAN_MODE_… */
} Relay;

/* Makes the macvlan and connects it; both it and the host's end are down. */
bool relay_create(Netlink *netlink, const ContainerInterface *interface, const Relay *relay,
                  GError **error);

/* The link in the place of the container's; errno when there is none. */
int relay_find(Netlink *netlink, const ContainerInterface *interface, int *ret_index);

/* What is gone already is no error. */
bool relay_remove(Netlink *netlink, const ContainerInterface *interface, GError **error);
