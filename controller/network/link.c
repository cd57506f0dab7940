/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RTM_NEWLINK and its relatives. */
#include "controller/network/link.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

G_STATIC_ASSERT(LINK_NAME_MAX + 1 == IFNAMSIZ);

bool
link_parse_mac(const char *text, unsigned char mac[6])
{
    unsigned byte[6];
    char more;
    size_t i;

    if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &byte[0], &byte[1], &byte[2], &byte[3], &byte[4],
               &byte[5], &more) != 6)
        return false;
    for (i = 0; i < 6; i++)
        mac[i] = byte[i];
    return true;
}

/* A request about link @index, with flags of the link that are to change. */
static struct nl_msg *
link_request(int type, int flags, int index, const unsigned *up)
{
    struct ifinfomsg header = { .ifi_family = AF_UNSPEC, .ifi_index = index };

    if (up) {
        header.ifi_flags = *up;
        header.ifi_change = IFF_UP;
    }
    return netlink_request(type, flags, &header, sizeof(header));
}

static void
read_kind(struct nlattr *info, Link *link)
{
    struct nlattr *kind = nla_find(nla_data(info), nla_len(info), IFLA_INFO_KIND);
    struct nlattr *master = nla_find(nla_data(info), nla_len(info), IFLA_INFO_SLAVE_KIND);

    if (kind)
        nla_strlcpy(link->kind, kind, sizeof(link->kind));
    if (master)
        nla_strlcpy(link->master_kind, master, sizeof(link->master_kind));
}

static void
read_link(struct nlmsghdr *header, Link *link)
{
    const struct ifinfomsg *info = nlmsg_data(header);
    struct nlattr *name = nlmsg_find_attr(header, sizeof(*info), IFLA_IFNAME);
    struct nlattr *master = nlmsg_find_attr(header, sizeof(*info), IFLA_MASTER);
    struct nlattr *mac = nlmsg_find_attr(header, sizeof(*info), IFLA_ADDRESS);
    struct nlattr *own = nlmsg_find_attr(header, sizeof(*info), IFLA_PERM_ADDRESS);
    struct nlattr *mtu = nlmsg_find_attr(header, sizeof(*info), IFLA_MTU);
    struct nlattr *kind = nlmsg_find_attr(header, sizeof(*info), IFLA_LINKINFO);

    memset(link, 0, sizeof(*link));
    link->index = info->ifi_index;
    link->up = info->ifi_flags & IFF_UP;
    if (name)
        nla_strlcpy(link->name, name, sizeof(link->name));
    if (mtu)
        link->mtu = nla_get_u32(mtu);
    if (master)
        link->master = nla_get_u32(master);
    if (mac && nla_len(mac) == sizeof(link->mac))
        memcpy(link->mac, nla_data(mac), sizeof(link->mac));
    if (own && nla_len(own) == sizeof(link->own_mac))
        memcpy(link->own_mac, nla_data(own), sizeof(link->own_mac));
    if (kind)
        read_kind(kind, link);
}

static void
found_one(struct nlmsghdr *header, void *opaque)
{
    if (header->nlmsg_type == RTM_NEWLINK)
        read_link(header, opaque);
}

static int
find(Netlink *netlink, struct nl_msg *message, Link *ret_link)
{
    Link link = { 0 };
    int errnum = netlink_query(netlink, message, found_one, &link);

    if (errnum)
        return errnum;
    if (!link.index)
        return ENODEV;
    *ret_link = link;
    return 0;
}

int
link_find(Netlink *netlink, const char *name, Link *ret_link)
{
    struct nl_msg *message;

    if (strlen(name) > LINK_NAME_MAX)
        return ENODEV;
    message = link_request(RTM_GETLINK, 0, 0, NULL);
    nla_put_string(message, IFLA_IFNAME, name);
    return find(netlink, message, ret_link);
}

int
link_find_index(Netlink *netlink, int index, Link *ret_link)
{
    return find(netlink, link_request(RTM_GETLINK, 0, index, NULL), ret_link);
}

typedef struct {
    void (*found)(const Link *link, void *opaque);
    void *opaque;
} Listing;

static void
found_some(struct nlmsghdr *header, void *opaque)
{
    Listing *listing = opaque;
    Link link;

    if (header->nlmsg_type != RTM_NEWLINK)
        return;
    read_link(header, &link);
    listing->found(&link, listing->opaque);
}

int
link_list(Netlink *netlink, void (*found)(const Link *link, void *opaque), void *opaque)
{
    Listing listing = { found, opaque };

    return netlink_query(netlink, link_request(RTM_GETLINK, NLM_F_DUMP, 0, NULL), found_some,
                         &listing);
}

/* Name, address and namespace of what comes into being, in the container as a rule. */
static void
put_inside(struct nl_msg *message, const LinkInside *inside)
{
    unsigned char mac[6];

    nla_put_string(message, IFLA_IFNAME, inside->name);
    if (inside->netns >= 0)
        nla_put_u32(message, IFLA_NET_NS_FD, inside->netns);
    if (inside->mac && link_parse_mac(inside->mac, mac))
        nla_put(message, IFLA_ADDRESS, sizeof(mac), mac);
    if (inside->mtu)
        nla_put_u32(message, IFLA_MTU, inside->mtu);
}

int
link_create_veth(Netlink *netlink, const char *host, int master, bool up, const LinkInside *inside)
{
    unsigned flags = up ? IFF_UP : 0;
    /* down: an end cannot be up before the other one is there */
    struct ifinfomsg peer_header = { 0 };
    struct nl_msg *message = link_request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, &flags);
    struct nlattr *info;
    struct nlattr *data;
    struct nlattr *peer;

    nla_put_string(message, IFLA_IFNAME, host);
    if (inside->mtu)
        nla_put_u32(message, IFLA_MTU, inside->mtu);
    if (master)
        nla_put_u32(message, IFLA_MASTER, master);
    info = nla_nest_start(message, IFLA_LINKINFO);
    nla_put_string(message, IFLA_INFO_KIND, "veth");
    data = nla_nest_start(message, IFLA_INFO_DATA);
    peer = nla_nest_start(message, VETH_INFO_PEER);
    nlmsg_append(message, &peer_header, sizeof(peer_header), NLMSG_ALIGNTO);
    put_inside(message, inside);
    nla_nest_end(message, peer);
    nla_nest_end(message, data);
    nla_nest_end(message, info);
    return netlink_perform(netlink, message);
}

int
link_create_upper(Netlink *netlink, const char *kind, int lower, uint32_t mode,
                  const LinkInside *inside)
{
    struct nl_msg *message = link_request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, NULL);
    struct nlattr *info;
    struct nlattr *data;

    put_inside(message, inside);
    nla_put_u32(message, IFLA_LINK, lower);
    info = nla_nest_start(message, IFLA_LINKINFO);
    nla_put_string(message, IFLA_INFO_KIND, kind);
    data = nla_nest_start(message, IFLA_INFO_DATA);
    if (g_str_equal(kind, "ipvlan"))
        nla_put_u16(message, IFLA_IPVLAN_MODE, mode);
    else
        nla_put_u32(message, IFLA_MACVLAN_MODE, mode);
    nla_nest_end(message, data);
    nla_nest_end(message, info);
    return netlink_perform(netlink, message);
}

int
link_create_plain(Netlink *netlink, const char *kind, const char *name)
{
    unsigned flags = IFF_UP;
    struct nl_msg *message = link_request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, &flags);
    struct nlattr *info;

    nla_put_string(message, IFLA_IFNAME, name);
    info = nla_nest_start(message, IFLA_LINKINFO);
    nla_put_string(message, IFLA_INFO_KIND, kind);
    nla_nest_end(message, info);
    return netlink_perform(netlink, message);
}

int
link_move(Netlink *netlink, int index, int netns, const char *name)
{
    struct nl_msg *message = link_request(RTM_NEWLINK, 0, index, NULL);

    nla_put_u32(message, IFLA_NET_NS_FD, netns);
    nla_put_string(message, IFLA_IFNAME, name);
    return netlink_perform(netlink, message);
}

int
link_set_up(Netlink *netlink, int index, bool up)
{
    unsigned flags = up ? IFF_UP : 0;

    return netlink_perform(netlink, link_request(RTM_NEWLINK, 0, index, &flags));
}

int
link_set_master(Netlink *netlink, int index, int master)
{
    struct nl_msg *message = link_request(RTM_NEWLINK, 0, index, NULL);

    nla_put_u32(message, IFLA_MASTER, master);
    return netlink_perform(netlink, message);
}

int
link_set_mtu(Netlink *netlink, int index, uint32_t mtu)
{
    struct nl_msg *message = link_request(RTM_NEWLINK, 0, index, NULL);

    nla_put_u32(message, IFLA_MTU, mtu);
    return netlink_perform(netlink, message);
}

static int
set_mac(Netlink *netlink, int index, const unsigned char mac[6])
{
    struct nl_msg *message = link_request(RTM_NEWLINK, 0, index, NULL);

    nla_put(message, IFLA_ADDRESS, 6, mac);
    return netlink_perform(netlink, message);
}

int
link_set_mac(Netlink *netlink, int index, const char *mac)
{
    unsigned char bytes[6];

    return link_parse_mac(mac, bytes) ? set_mac(netlink, index, bytes) : EINVAL;
}

int
link_restore_mac(Netlink *netlink, const Link *link)
{
    static const unsigned char none[6];

    if (memcmp(link->own_mac, none, sizeof(none)) == 0 ||
        memcmp(link->own_mac, link->mac, sizeof(link->mac)) == 0)
        return 0;
    return set_mac(netlink, link->index, link->own_mac);
}

int
link_set_name(Netlink *netlink, int index, const char *name)
{
    struct nl_msg *message = link_request(RTM_NEWLINK, 0, index, NULL);

    nla_put_string(message, IFLA_IFNAME, name);
    return netlink_perform(netlink, message);
}

int
link_delete(Netlink *netlink, int index)
{
    return netlink_perform(netlink, link_request(RTM_DELLINK, 0, index, NULL));
}

void
link_without_addresses(Netlink *netlink, int index)
{
    struct nl_msg *message = link_request(RTM_NEWLINK, 0, index, NULL);
    struct nlattr *families = nla_nest_start(message, IFLA_AF_SPEC);
    struct nlattr *family = nla_nest_start(message, AF_INET6);

    nla_put_u8(message, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
    nla_nest_end(message, family);
    nla_nest_end(message, families);
    netlink_perform(netlink, message);
}

int
link_hear_all_groups(Netlink *netlink, int index)
{
    struct ifinfomsg header = { .ifi_family = AF_UNSPEC,
                                .ifi_index = index,
                                .ifi_flags = IFF_ALLMULTI,
                                .ifi_change = IFF_ALLMULTI };

    return netlink_perform(netlink, netlink_request(RTM_NEWLINK, 0, &header, sizeof(header)));
}

int
link_compute_checksums(Netlink *netlink, const char *name)
{
    struct ethtool_value off = { .cmd = ETHTOOL_STXCSUM };
    struct ifreq request = { .ifr_data = (char *)&off };

    g_strlcpy(request.ifr_name, name, sizeof(request.ifr_name));
    return netlink_ioctl(netlink, SIOCETHTOOL, &request);
}

void
link_name_beside(const char *prefix, const char *host, char name[LINK_NAME_MAX + 1])
{
    if (strlen(prefix) + strlen("-") + strlen(host) <= LINK_NAME_MAX)
        g_snprintf(name, LINK_NAME_MAX + 1, "%s-%s", prefix, host);
    else
        g_snprintf(name, LINK_NAME_MAX + 1, "%s-%08x", prefix, g_str_hash(host));
}
