/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a verb gets and gives. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/wire/message.h"

typedef struct {
    char *const *arguments; /* of the command line, after the verb; ends with NULL */
    const Message *call;
    GArray *fds;    /* that came with the call */
    Message *reply; /* empty; what the verb has to say */
} Request;

/* initctl.c: a request to System V init; argument: run level; descriptor 0: pidfd of the guest's
 * init */
bool initctl_request(Request *request, GError **error);

/* placement.c: answers placement, the best that this host has; message: why it is not a better one
 */
bool placement_find(Request *request, GError **error);

/* Makes the scope of a guest that starts; arguments: placement, machine, uuid, leader, partition,
 * root, and indexes of network interfaces */
bool placement_create(Request *request, GError **error);

/* Ends the machine and the scope of a guest that has ended; argument: machine */
bool placement_remove(Request *request, GError **error);
