/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ports of the kernel's bridges. */
#pragma once

#include "controller/network/netlink.h"
#include "controller/wire/interface.h"

/* Isolation and VLANs of the port @index of the bridge that @interface names; it is one already. */
bool port_configure(Netlink *netlink, int index, const ContainerInterface *interface,
                    GError **error);
