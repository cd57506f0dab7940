/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <ip> and <route>: addresses and routes of an interface. */
#pragma once

#include <stdint.h>

typedef enum {
    FAMILY_NONE, /* not said; an <ip> that was read always has one */
    FAMILY_IPV4,
    FAMILY_IPV6,
} Family;

typedef struct {
    char *address; /* as written, valid for the family */
    Family family;
    uint64_t prefix; /* 0: not said */
    char *peer;
} IpAddress;

#define ROUTE_PREFIX_UNSET UINT64_MAX

typedef struct {
    Family family;
    char *address; /* of the network */
    char *netmask; /* IPv4, instead of prefix */
    uint64_t prefix;
    char *gateway;
    uint64_t metric; /* 0: not said */
} IpRoute;

/* Attributes of an <address> of type 'pci', in either base; the domain may be NULL. */
typedef struct {
    char *domain;
    char *bus;
    char *slot;
    char *function;
} PciAddress;

/* "0000:03:00.0"; NULL for what is no such address. Free with g_free(). */
char *pci_address_text(const PciAddress *address);

/* Bits of the network: prefix, netmask, or what the address says by its class (IPv4) or by custom
 * (IPv6, 64). */
unsigned ip_route_prefix(const IpRoute *route);
