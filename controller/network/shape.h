/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bandwidth of an interface, kept on the host where the guest cannot change it: HTB on the host's
 * end for what goes to the guest, and for what comes from it HTB on a device (ifb) to which all
 * that arrives is redirected. A relay (relay.h) redirects anyway.
 */
#pragma once

#include "controller/network/netlink.h"
#include "controller/wire/interface.h"

/* Makes the rates of the link @index what @interface says, whatever they were; also none. */
bool shape_apply(Netlink *netlink, int index, const ContainerInterface *interface, GError **error);

/* Removes what does not go with the host's end. */
bool shape_remove(Netlink *netlink, const ContainerInterface *interface, GError **error);
