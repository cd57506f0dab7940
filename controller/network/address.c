/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RTM_NEWADDR and RTM_NEWROUTE. */
#include "controller/network/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "controller/wire/failure.h"

typedef struct {
    unsigned char family;
    int length;
    unsigned char bytes[16];
} Number;

static bool
parse(const char *text, Number *number, GError **error)
{
    number->family = strchr(text, ':') ? AF_INET6 : AF_INET;
    number->length = number->family == AF_INET6 ? 16 : 4;
    if (inet_pton(number->family, text, number->bytes) != 1)
        return fail(error, FAILURE_INVALID_ARG, "'%s' is no address", text);
    return true;
}

/* Only IPv4 has it, and only where there is room for one. */
static void
put_broadcast(struct nl_msg *message, const Number *number, unsigned prefix)
{
    uint32_t address;

    if (number->family != AF_INET || prefix == 0 || prefix > 30)
        return;
    memcpy(&address, number->bytes, sizeof(address));
    address |= htonl(UINT32_MAX >> prefix);
    nla_put_u32(message, IFA_BROADCAST, address);
}

static bool
apply_address(Netlink *netlink, int index, const ContainerAddress *address, GError **error)
{
    struct ifaddrmsg header = { .ifa_prefixlen = address->prefix, .ifa_index = index };
    struct nl_msg *message;
    Number own;
    Number peer;
    int errnum;

    if (!parse(address->address, &own, error) ||
        !parse(address->peer ? address->peer : address->address, &peer, error))
        return false;
    header.ifa_family = own.family;
    message = netlink_request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
    nla_put(message, IFA_LOCAL, own.length, own.bytes);
    nla_put(message, IFA_ADDRESS, peer.length, peer.bytes);
    if (!address->peer)
        put_broadcast(message, &own, address->prefix);
    errnum = netlink_perform(netlink, message);
    return !errnum || errnum == EEXIST ||
           netlink_fail(netlink, errnum, error, "cannot set address %s/%u", address->address,
                        (unsigned)address->prefix);
}

static bool
apply_route(Netlink *netlink, int index, const ContainerRoute *route, GError **error)
{
    struct rtmsg header = { .rtm_dst_len = route->prefix,
                            .rtm_table = RT_TABLE_MAIN,
                            .rtm_protocol = RTPROT_BOOT,
                            .rtm_scope = RT_SCOPE_UNIVERSE,
                            .rtm_type = RTN_UNICAST };
    struct nl_msg *message;
    Number destination;
    Number gateway;
    int errnum;

    if (!parse(route->destination, &destination, error) || !parse(route->gateway, &gateway, error))
        return false;
    header.rtm_family = destination.family;
    message = netlink_request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
    if (route->prefix)
        nla_put(message, RTA_DST, destination.length, destination.bytes);
    nla_put(message, RTA_GATEWAY, gateway.length, gateway.bytes);
    nla_put_u32(message, RTA_OIF, index);
    if (route->metric)
        nla_put_u32(message, RTA_PRIORITY, route->metric);
    errnum = netlink_perform(netlink, message);
    return !errnum || errnum == EEXIST ||
           netlink_fail(netlink, errnum, error, "cannot set the route to %s/%u by %s",
                        route->destination, (unsigned)route->prefix, route->gateway);
}

bool
address_apply(Netlink *netlink, int index, const GPtrArray *addresses, const GPtrArray *routes,
              GError **error)
{
    guint i;

    for (i = 0; i < addresses->len; i++) {
        if (!apply_address(netlink, index, addresses->pdata[i], error))
            return false;
    }
    for (i = 0; i < routes->len; i++) {
        if (!apply_route(netlink, index, routes->pdata[i], error))
            return false;
    }
    return true;
}
