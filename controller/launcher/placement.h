/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who makes the guest's group, the parent of supervisor, libvirt and libvirt/guest: the launcher
 * itself, or systemd. The daemon chooses, for all guests of a host.
 */
#pragma once

#include "controller/launcher/launch.h"

typedef struct Placement {
    const char *name; /* in the container definition */
    /* before there is a process of init */
    bool (*prepare)(Launch *launch, GError **error);
    /* in the launcher, when there is one, which waits in receive() */
    bool (*settle)(Launch *launch, GError **error);
    /* in the process of init */
    bool (*receive)(Launch *launch, GError **error);
} Placement;

/* FAILURE_OPERATION_UNSUPPORTED for a name this version does not know. */
const Placement *placement_of(const Launch *launch, GError **error);

/*
 * scope.c: has a scope made by systemd, through machined when @placement is "machined", with init
 * in it, and sets launch->group. Ends after SCOPE_SECONDS at the latest, or when the daemon goes
 * away. A scope that comes into being after that is empty, and systemd forgets it.
 */
bool scope_create(Launch *launch, const char *placement, GError **error);

#define SCOPE_SECONDS 15
