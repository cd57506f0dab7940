/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a verb gets and gives. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/wire/descriptor.h"
#include "controller/wire/message.h"

typedef struct {
    char *const *arguments; /* of the command line, after the verb; ends with NULL */
    const Message *call;
    GArray *fds;    /* that came with the call */
    Message *reply; /* empty; what the verb has to say */
    Fd reply_fd;    /* descriptor 0 of the reply; -1: none */
} Request;

/* initctl.c: a request to System V init; argument: run level; descriptor 0: pidfd of the guest's
 * init */
bool initctl_request(Request *request, GError **error);

/* filesystem.c: a file system of a running guest; descriptors: init's pidfd, and a sealed memfd
 * with a container definition that has the one mount and the guest's id maps */
bool filesystem_attach(Request *request, GError **error);
bool filesystem_detach(Request *request, GError **error);
bool filesystem_update(Request *request, GError **error);
bool filesystem_replace(Request *request, GError **error);

/* grow.c: makes the file system at a path of the guest as large as its device; arguments: the path,
 * numbers of the device, bytes; descriptor: init's pidfd */
bool filesystem_grow(Request *request, GError **error);

/* link.c: makes, changes (argument "port": also as a port of its bridge) and removes an interface;
 * descriptors: pidfd of the guest's init, interface as of the container definition, sealed, and to
 * attach the log of the domain. Arguments to attach and detach: the file by which the guest's
 * namespace is kept; to attach, the group of its controller. Attach answers interfaces */
bool link_attach(Request *request, GError **error);
bool link_change(Request *request, GError **error);
bool link_detach(Request *request, GError **error);
/* Returns devices of the host from a guest that has ended; argument: file of its namespace, which
 * is removed; descriptors: the interfaces */
bool link_return(Request *request, GError **error);
/* What is left on the host of an interface whose guest has ended, with the argument "links" also
 * the host's end itself; descriptor: the interface */
bool link_clear(Request *request, GError **error);
/* devices.c: finds out about a device of the host; makes nodes in a running guest's /dev; removes
 * them; see protocol.rst */
bool devices_find(Request *request, GError **error);
bool devices_make(Request *request, GError **error);
bool devices_remove(Request *request, GError **error);

/* placement.c: answers placement, the best that this host has; message: why it is not a better one
 */
bool placement_find(Request *request, GError **error);

/* Makes the scope of a guest that starts; arguments: placement, machine, uuid, leader, partition,
 * root, and indexes of network interfaces */
bool placement_create(Request *request, GError **error);

/* Ends the machine and the scope of a guest that has ended; argument: machine */
bool placement_remove(Request *request, GError **error);
