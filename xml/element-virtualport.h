/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <virtualport> and <vlan>: how a switch treats an interface. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    VIRTUAL_PORT_UNSET,
    VIRTUAL_PORT_8021QBG,
    VIRTUAL_PORT_8021QBH,
    VIRTUAL_PORT_OPENVSWITCH,
    VIRTUAL_PORT_MIDONET,
} VirtualPortType;

typedef struct {
    bool present; /* an element without anything in it counts */
    VirtualPortType type;
    char *manager_id;
    char *type_id;
    char *type_id_version;
    char *instance_id;
    char *interface_id; /* OPENVSWITCH: always there */
    char *profile_id;
} VirtualPort;

typedef struct {
    uint64_t id;     /* at most 4095 */
    int native_mode; /* 0 not said, 1 tagged, 2 untagged */
} VlanTag;

typedef struct {
    bool trunk;      /* said, or more than one tag */
    GPtrArray *tags; /* of VlanTag *; empty: no vlan */
} Vlan;
