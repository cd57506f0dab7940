/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <interface>: a network interface of a container. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "xml/element-address.h"
#include "xml/element-virtualport.h"

/* order is virDomainNetType's; a container can have those of interface_is_possible() */
typedef enum {
    INTERFACE_USER,
    INTERFACE_ETHERNET,
    INTERFACE_VHOSTUSER,
    INTERFACE_SERVER,
    INTERFACE_CLIENT,
    INTERFACE_MCAST,
    INTERFACE_NETWORK,
    INTERFACE_BRIDGE,
    INTERFACE_INTERNAL,
    INTERFACE_DIRECT,
    INTERFACE_HOSTDEV,
    INTERFACE_UDP,
    INTERFACE_VDPA,
    INTERFACE_NULL,
    INTERFACE_VDS,
} InterfaceType;

typedef enum {
    DIRECT_VEPA,
    DIRECT_PRIVATE,
    DIRECT_BRIDGE,
    DIRECT_PASSTHROUGH,
} DirectMode;

typedef enum { SWITCH_UNSET, SWITCH_YES, SWITCH_NO } Switch;

typedef enum { LINK_UNSET, LINK_UP, LINK_DOWN } LinkState;

/* Kilobytes per second, kilobytes for the burst; 0: not said. */
typedef struct {
    uint64_t average;
    uint64_t peak;
    uint64_t floor; /* inbound of a network only */
    uint64_t burst;
} BandwidthRate;

typedef struct {
    uint64_t class_id; /* live only */
    BandwidthRate inbound;
    BandwidthRate outbound;
} Bandwidth;

typedef struct {
    char *name;
    char *value;
} FilterParameter;

typedef struct {
    char *filter;          /* name of an nwfilter; NULL: no filterref */
    GPtrArray *parameters; /* of FilterParameter *, sorted by name */
} FilterReference;

typedef struct {
    InterfaceType type;
    Switch managed;
    Switch trust_guest_rx_filters;
    char *mac;    /* "52:54:00:0b:0c:01"; always there */
    int mac_type; /* 0 not said, 1 generated, 2 static */
    Switch mac_check;
    char *mac_current;      /* live only */
    char *network;          /* NETWORK; live also what another type came from */
    char *portgroup;        /* of the network */
    char *port_id;          /* live only: UUID of the network's port */
    char *bridge;           /* BRIDGE; live also of a NETWORK */
    char *device;           /* DIRECT: interface of the host */
    char *address_type;     /* HOSTDEV: "pci", as are libvirt's words for it */
    PciAddress address;     /* HOSTDEV: of the card or function */
    DirectMode mode;        /* DIRECT */
    GPtrArray *host_ips;    /* ETHERNET: of IpAddress *, for the host's end */
    GPtrArray *host_routes; /* ETHERNET: of IpRoute * */
    Vlan vlan;
    VirtualPort virtual_port;
    Bandwidth bandwidth;
    Switch isolated;   /* <port> */
    GPtrArray *ips;    /* of IpAddress *, inside the container */
    GPtrArray *routes; /* of IpRoute * */
    char *script;
    char *downscript;
    char *backend_domain;
    char *target; /* name of the host's end; generated names are live only */
    Switch target_managed;
    char *guest;        /* name inside; live: always there */
    char *guest_actual; /* live only: name before it is renamed */
    char *model;
    FilterReference filter;
    LinkState link;
    uint64_t mtu;    /* bytes, 0: not said */
    char *alias;     /* live only */
    GPtrArray *kept; /* of Kept *: what has no effect, and the source of other types */
} Interface;

Interface *interface_new(void);
void interface_free(Interface *interface);

/* The word of a type: "bridge". */
const char *interface_type_name(InterfaceType type);

/* Whether a container can have such an interface at all. */
bool interface_is_possible(InterfaceType type);

/* "0000:03:00.0", of a HOSTDEV; NULL when it names none. Free with g_free(). */
char *interface_pci_address(const Interface *interface);

/* Whether the interface is a pair with one end on the host; a DIRECT one only when something is
 * said that needs it. */
bool interface_has_host_end(const Interface *interface);

/* Whether libvirt makes such names up for interfaces of the host: "vnet0", "macvtap1". */
bool interface_name_is_generated(const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Interface, interface_free)
