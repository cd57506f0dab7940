/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The documents by which interfaces are spoken of with libvirt's other drivers: ports of networks
 * (<networkport>) and bindings of filters (<filterbinding>). Pure, as definition.h.
 */
#pragma once

#include "xml/definition.h"

/* What a port of the network of @interface, whose port_id says the uuid to give it, is asked for
 * with. Free with g_free(). */
char *network_port_format(const Definition *owner, const Interface *interface);

/*
 * Makes @interface what the network says in @port it is: its type, the bridge or device, and the
 * VLANs, bandwidth and virtual port of the network or its port group. FAILURE_CONFIG_UNSUPPORTED
 * for what no container can have.
 */
bool network_port_apply(Interface *interface, const char *port, GError **error);

/* Takes back what network_port_apply() made of @interface, but for what it had before. */
void network_port_forget(Interface *interface);

/* The uuid of the domain that has a port or a binding; NULL when the document says none. Free with
 * g_free(). */
char *network_port_owner(const char *document);

/* Binds the filter of @interface to its end on the host. Free with g_free(). */
char *filter_binding_format(const Definition *owner, const Interface *interface);
