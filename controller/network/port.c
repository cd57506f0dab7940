/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Isolation and VLAN tags of bridge ports. */
#include "controller/network/port.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "controller/wire/failure.h"

static bool
isolate(Netlink *netlink, int index, GError **error)
{
    struct ifinfomsg header = { .ifi_family = AF_BRIDGE, .ifi_index = index };
    struct nl_msg *message = netlink_request(RTM_SETLINK, 0, &header, sizeof(header));
    struct nlattr *info = nla_nest_start(message, IFLA_PROTINFO | NLA_F_NESTED);
    int errnum;

    nla_put_u8(message, IFLA_BRPORT_ISOLATED, 1);
    nla_nest_end(message, info);
    errnum = netlink_perform(netlink, message);
    return !errnum || netlink_fail(netlink, errnum, error, "cannot isolate the port");
}

/* @vlan is added to the port, or with RTM_DELLINK taken from it. */
static int
change_vlan(Netlink *netlink, int type, int index, const struct bridge_vlan_info *vlan)
{
    struct ifinfomsg header = { .ifi_family = AF_BRIDGE, .ifi_index = index };
    struct nl_msg *message = netlink_request(type, 0, &header, sizeof(header));
    struct nlattr *list = nla_nest_start(message, IFLA_AF_SPEC);

    nla_put(message, IFLA_BRIDGE_VLAN_INFO, sizeof(*vlan), vlan);
    nla_nest_end(message, list);
    return netlink_perform(netlink, message);
}

typedef struct {
    int index;
    int filtering;    /* -1: not said */
    int default_vlan; /* that ports are in when nobody says anything */
} Bridge;

static void
found_bridge(struct nlmsghdr *header, void *opaque)
{
    struct nlattr *info = nlmsg_find_attr(header, sizeof(struct ifinfomsg), IFLA_LINKINFO);
    struct nlattr *data = info ? nla_find(nla_data(info), nla_len(info), IFLA_INFO_DATA) : NULL;
    struct nlattr *value;
    Bridge *bridge = opaque;

    if (!data)
        return;
    if ((value = nla_find(nla_data(data), nla_len(data), IFLA_BR_VLAN_FILTERING)))
        bridge->filtering = nla_get_u8(value);
    if ((value = nla_find(nla_data(data), nla_len(data), IFLA_BR_VLAN_DEFAULT_PVID)))
        bridge->default_vlan = nla_get_u16(value);
}

static bool
find_bridge(Netlink *netlink, const char *name, Bridge *bridge, GError **error)
{
    struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
    struct nl_msg *message = netlink_request(RTM_GETLINK, 0, &header, sizeof(header));
    int errnum;

    *bridge = (Bridge){ .filtering = -1 };
    nla_put_string(message, IFLA_IFNAME, name);
    errnum = netlink_query(netlink, message, found_bridge, bridge);
    if (errnum)
        return netlink_fail(netlink, errnum, error, "cannot look at bridge '%s'", name);
    if (bridge->filtering != 1)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<vlan> needs a bridge that filters: set vlan_filtering of '%s' to 1", name);
    return true;
}

static bool
set_vlans(Netlink *netlink, int index, const ContainerInterface *interface, GError **error)
{
    struct bridge_vlan_info vlan;
    Bridge bridge;
    int errnum;
    guint i;

    if (!find_bridge(netlink, interface->bridge, &bridge, error))
        return false;
    /* what is not named must not get through */
    vlan = (struct bridge_vlan_info){ .vid = bridge.default_vlan };
    if (bridge.default_vlan && (errnum = change_vlan(netlink, RTM_DELLINK, index, &vlan)) &&
        errnum != ENOENT)
        return netlink_fail(netlink, errnum, error, "cannot leave VLAN %d", bridge.default_vlan);
    for (i = 0; i < interface->vlans->len; i++) {
        const ContainerVlan *wanted = interface->vlans->pdata[i];

        vlan.vid = wanted->id;
        vlan.flags = wanted->untagged ? BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED : 0;
        if ((errnum = change_vlan(netlink, RTM_SETLINK, index, &vlan)))
            return netlink_fail(netlink, errnum, error, "cannot enter VLAN %u",
                                (unsigned)wanted->id);
    }
    return true;
}

bool
port_configure(Netlink *netlink, int index, const ContainerInterface *interface, GError **error)
{
    return (!interface->isolated || isolate(netlink, index, error)) &&
           (interface->vlans->len == 0 || set_vlans(netlink, index, interface, error));
}
