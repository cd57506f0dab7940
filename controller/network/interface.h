/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An interface of the definition: its links on the host and in the container. */
#pragma once

#include "controller/network/netlink.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/interface.h"

typedef struct {
    Netlink *host;
    Netlink *guest;   /* in the container's namespace */
    int netns;        /* the container's namespace, borrowed */
    const char *path; /* a file that is the container's namespace, borrowed; NULL: there is none */
    Fd home;          /* our own namespace, to which devices return */
    bool running; /* the container runs: what is started outlives us, what is not found is hidden */
} Network;

/* Opens both sockets; the caller has to be the only thread of its process. */
bool network_open(Network *network, int netns, GError **error);
void network_close(Network *network);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Network, network_close)

/* Keeps the namespace @source (/proc/PID/ns/net) alive by a mount on the file @path, and ends
 * that. */
bool network_pin(const char *source, const char *path, GError **error);
bool network_is_pinned(const char *path);
void network_unpin(const char *path);

/*
 * Beside the file @path, until network_unpin(): which link inside the device @name is. The
 * container can give another one its name and its address, but not its index.
 */
bool network_note_device(const char *path, const char *name, int index, GError **error);
/* 0: not noted. */
int network_noted_device(const char *path, const char *name);

/*
 * Makes the interface: complete when this returns, or nothing is left of it. host_name of
 * @interface becomes the name that was found; *ret_index is the index of the end on the host, 0
 * without one.
 */
bool interface_attach(const Network *network, ContainerInterface *interface, int *ret_index,
                      GError **error);

/* Takes away what interface_attach() made; what is gone already is no error. Without a container's
 * namespace (.guest is NULL): what of it is on the host. */
bool interface_detach(const Network *network, const ContainerInterface *interface, GError **error);

/* Takes away what a start that came half way may have left beside the host's end, which is gone or
 * may be somebody else's. */
bool interface_forget(const Network *network, const ContainerInterface *interface, GError **error);

/* Makes link state, rates, and with @port also bridge, isolation and VLANs what @interface says. */
bool interface_change(const Network *network, const ContainerInterface *interface, bool port,
                      GError **error);
