/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network interfaces of the container definition: what OCI has no word for. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "controller/wire/json.h"

typedef struct {
    char *address;   /* "192.0.2.7", "2001:db8::7" */
    uint64_t prefix; /* bits of the network */
    char *peer;      /* of a point-to-point link; NULL: none */
} ContainerAddress;

typedef struct {
    char *destination; /* address of the network */
    uint64_t prefix;
    char *gateway;
    uint64_t metric; /* 0: the kernel's choice */
} ContainerRoute;

/* Kilobytes per second, and kilobytes for the burst; 0: not said. */
typedef struct {
    uint64_t average;
    uint64_t peak;
    uint64_t floor;
    uint64_t burst;
} ContainerRate;

typedef struct {
    uint64_t id;
    bool untagged; /* frames of it have no tag on this port, and those without one belong to it */
} ContainerVlan;

#define CONTAINER_INTERFACE_VETH    "veth"    /* a pair, one end on the host */
#define CONTAINER_INTERFACE_MACVLAN "macvlan" /* on top of .lower */
#define CONTAINER_INTERFACE_RELAY   "relay"   /* the same, with an end on the host */
#define CONTAINER_INTERFACE_DEVICE  "device"  /* .host_name moves in */
#define CONTAINER_INTERFACE_PASST   "passt"   /* a program translates for it */

/* A network interface. */
typedef struct {
    char *alias;         /* "net0"; for messages, and to know it by */
    char *kind;          /* CONTAINER_INTERFACE_… */
    char *name;          /* inside the container */
    char *host_name;     /* veth, relay: of the end on the host; device: what moves in */
    bool host_generated; /* host_name was made up: when it is taken, the next number will do */
    bool host_down;      /* veth: the end on the host leads nowhere */
    char *mac;           /* NULL: as it comes */
    uint64_t mtu;        /* 0: as it comes */
    bool down;           /* link state */
    char *bridge;        /* veth: what the end on the host is attached to */
    char *switch_kind;   /* "openvswitch"; NULL: a bridge of the kernel's */
    char **switch_ids;   /* openvswitch: "key=value" for the port */
    char *switch_profile;
    bool isolated;             /* port of the bridge */
    GPtrArray *vlans;          /* of ContainerVlan * */
    char *lower;               /* macvlan, relay: the device of the host below it */
    char *pci;                 /* device: its address on the bus, by which it is found */
    char *mode;                /* macvlan, relay: "bridge", "vepa", "private", "passthru" */
    GPtrArray *addresses;      /* of ContainerAddress *, inside */
    GPtrArray *routes;         /* of ContainerRoute * */
    GPtrArray *host_addresses; /* the same of the end on the host */
    GPtrArray *host_routes;
    ContainerRate *inbound;  /* to the container; NULL: as much as there is */
    ContainerRate *outbound; /* from it */
    bool inbound_checksums;  /* frames to the container have checksums that are computed */
    bool outbound_checksums; /* the same of those from it */
    char **arguments;        /* passt: of the program */
} ContainerInterface;

extern const JsonType container_address_type;
extern const JsonType container_route_type;
extern const JsonType container_rate_type;
extern const JsonType container_vlan_type;
extern const JsonType container_interface_type;

/* A new interface with empty arrays. */
ContainerInterface *container_interface_new(void);
void container_interface_free(ContainerInterface *interface);

/* Makes the arrays that a document did not have. */
void container_interface_complete(ContainerInterface *interface);

/* One interface by itself, as the definition has it. */
char *container_interface_to_json(const ContainerInterface *interface);
ContainerInterface *container_interface_from_json(const char *text, size_t length, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ContainerInterface, container_interface_free)
