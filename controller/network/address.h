/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses and routes of a link. */
#pragma once

#include "controller/network/netlink.h"
#include "controller/wire/container.h"

/* Sets all of @addresses (ContainerAddress) and then of @routes (ContainerRoute) of link @index,
 * which is up; what is there already stays. */
bool address_apply(Netlink *netlink, int index, const GPtrArray *addresses, const GPtrArray *routes,
                   GError **error);
