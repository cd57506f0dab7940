/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Other drivers of the daemon that a guest's interfaces need: ports of libvirt's networks, and
 * bindings of its filters. They are asked as the daemon itself, by public calls. None of this is
 * called with a lock held.
 */
#pragma once

#include "driver/domain.h"

/* Asks the network that @interface names for a port, and makes of @interface what the port says. */
bool network_port_create(const Definition *owner, Interface *interface, GError **error);
/* Gives the port back; one that is gone is no error. Failures are logged. */
void network_port_delete(const Definition *owner, const Interface *interface);

/* Binds the filter of @interface to its end on the host, which is there; without one: true. */
bool network_filter_bind(const Definition *owner, const Interface *interface, GError **error);
/* Failures are logged; a binding that is gone is no error. */
void network_filter_unbind(const Definition *owner, const Interface *interface);

/* Whether what the domain with @uuid has is left over; @ours: it is one of this driver's, even when
 * it is not known. */
typedef bool NetworkIsLeft(const char *uuid, bool ours);

/* Gives back the ports and bindings of domains that do not run: what a daemon that was killed could
 * not. */
void network_give_back(NetworkIsLeft *is_left);

/* The addresses that the network of @interface has leased, as virNetworkGetDHCPLeases(): the number
 * of them, -1 with error. */
int network_leases(const Interface *interface, virNetworkDHCPLeasePtr **ret_leases, GError **error);
