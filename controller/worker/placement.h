/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who makes the scope of a guest. */
#pragma once

#include "controller/worker/bus.h"

/* What a guest is to machined and systemd. */
typedef struct {
    const char *machine; /* "lxc-41-heron" */
    char *scope;         /* "machine-lxc\x2d41\x2dheron.scope" */
    char *slice;         /* "machine.slice" */
    const char *root;    /* host directory that is the guest's "/"; "": none to be shown */
    uint8_t uuid[16];
    uint32_t leader;    /* init's pid on the host */
    GArray *interfaces; /* of int32_t: indexes of the host's ends of network interfaces */
} Machine;

typedef struct {
    const char *name; /* as in the container definition */
    /* whether it is there and answers */
    bool (*probe)(GError **error);
    /* makes the scope with the leader in it; when this returns true, it is in there */
    bool (*create)(const Machine *machine, GError **error);
} PlacementKind;

/* machined.c: a machine that machinectl shows, in the scope machined asks systemd for */
extern const PlacementKind placement_machined;
/* systemd.c: a scope alone */
extern const PlacementKind placement_systemd;

/* Ends what is left of a machine or scope; one that is gone is success. */
bool machined_terminate(Bus *bus, const char *machine, GError **error);
bool systemd_stop_scope(Bus *bus, const char *scope, GError **error);

/* What both say of a scope: its slice, that its groups are ours, and when it is started and
 * stopped. */
void placement_append_properties(DBusMessageIter *properties, const Machine *machine);
