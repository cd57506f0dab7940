/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Links: making, finding, moving and changing network interfaces. */
#pragma once

#include <stdint.h>

#include "controller/network/netlink.h"

#define LINK_NAME_MAX 15 /* bytes of a name */

typedef struct {
    int index;
    int master; /* 0: none */
    unsigned mtu;
    bool up;
    char name[LINK_NAME_MAX + 1];
    char kind[16];        /* "bridge", "veth"; "": hardware */
    char master_kind[16]; /* "bridge", "openvswitch"; "": no master */
    unsigned char mac[6];
    unsigned char own_mac[6]; /* that the device came with; zero: it has none */
} Link;

/* What a new link in the container has. */
typedef struct {
    const char *name;
    const char *mac; /* "52:54:00:0b:0c:01"; NULL: the kernel's choice */
    uint32_t mtu;    /* 0: the kernel's choice */
    int netns;       /* of the container; -1: it stays here */
} LinkInside;

/* The link with @name; errno when there is none (ENODEV). */
int link_find(Netlink *netlink, const char *name, Link *ret_link);
/* The same by its index. */
int link_find_index(Netlink *netlink, int index, Link *ret_link);
/* Calls for every link. */
int link_list(Netlink *netlink, void (*found)(const Link *link, void *opaque), void *opaque);

/* A pair by one message: @host here, up if wanted and attached to @master (0: none), the other one
 * in the container, down. 0 or errno. */
int link_create_veth(Netlink *netlink, const char *host, int master, bool up,
                     const LinkInside *inside);

/* A link, of the container's as a rule, on top of link @lower of ours; @kind "macvlan" or "ipvlan",
 * @mode one of the kernel's numbers. Down. */
int link_create_upper(Netlink *netlink, const char *kind, int lower, uint32_t mode,
                      const LinkInside *inside);

/* A link of @kind ("ifb") with @name here, up. */
int link_create_plain(Netlink *netlink, const char *kind, const char *name);

/* Moves a link into the namespace @netns, where its name is @name. It is down there. */
int link_move(Netlink *netlink, int index, int netns, const char *name);

int link_set_up(Netlink *netlink, int index, bool up);
int link_set_master(Netlink *netlink, int index, int master);
int link_set_mtu(Netlink *netlink, int index, uint32_t mtu);
int link_set_mac(Netlink *netlink, int index, const char *mac);
/* Makes the address of @link its own again, if it has one. */
int link_restore_mac(Netlink *netlink, const Link *link);
int link_set_name(Netlink *netlink, int index, const char *name);
int link_delete(Netlink *netlink, int index);

/* The kernel gives the link no IPv6 address of its own when it comes up; a kernel without IPv6
 * would not. */
void link_without_addresses(Netlink *netlink, int index);
/* The link hears what is sent to any group. */
int link_hear_all_groups(Netlink *netlink, int index);

/* What is sent by the link has checksums that are computed: others are left to whoever receives. */
int link_compute_checksums(Netlink *netlink, const char *name);

/* "ifb-vnet3": the name of what belongs to the link @host; @prefix has three letters. */
void link_name_beside(const char *prefix, const char *host, char name[LINK_NAME_MAX + 1]);

/* The six bytes of an address in text form. */
bool link_parse_mac(const char *text, unsigned char mac[6]);
