/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The macvlan on the host, and what connects it. */
#include "controller/network/relay.h"

#include <errno.h>
#include <linux/if_link.h>

#include "controller/network/link.h"
#include "controller/network/redirect.h"

#define KIND "macvlan"

/* One that is found has been left: the name of the host's end, which was just made, was free. */
static int
make(Netlink *netlink, const Relay *relay, const LinkInside *upper, Link *ret_link)
{
    int errnum;

    if (link_find(netlink, upper->name, ret_link) == 0 && g_str_equal(ret_link->kind, KIND))
        link_delete(netlink, ret_link->index);
    errnum = link_create_upper(netlink, KIND, relay->lower, relay->mode, upper);
    return errnum ? errnum : link_find(netlink, upper->name, ret_link);
}

/* The device stands for the container's: it has no address of the host's, and hears the groups that
 * only the container knows. */
static int
prepare(Netlink *netlink, const Link *link, uint32_t mode, const ContainerInterface *interface)
{
    int errnum = link_hear_all_groups(netlink, link->index);

    if (!errnum && mode == MACVLAN_MODE_PASSTHRU && interface->mac)
        errnum = link_set_mac(netlink, link->index, interface->mac);
    link_without_addresses(netlink, link->index);
    return errnum;
}

bool
relay_create(Netlink *netlink, const ContainerInterface *interface, const Relay *relay,
             GError **error)
{
    char name[LINK_NAME_MAX + 1];
    const LinkInside upper = { name, interface->mac, interface->mtu, -1 };
    Link link;
    int errnum;

    link_name_beside("mvl", interface->host_name, name);
    if (!(errnum = make(netlink, relay, &upper, &link)) &&
        !(errnum = prepare(netlink, &link, relay->mode, interface)) &&
        !(errnum = redirect_all(netlink, link.index, relay->end)))
        errnum = redirect_all(netlink, relay->end, link.index);
    link_without_addresses(netlink, relay->end);
    return !errnum ||
           netlink_fail(netlink, errnum, error, "cannot create '%s' on top of the host's '%s'",
                        name, interface->lower);
}

int
relay_find(Netlink *netlink, const ContainerInterface *interface, int *ret_index)
{
    char name[LINK_NAME_MAX + 1];
    Link link;
    int errnum;

    link_name_beside("mvl", interface->host_name, name);
    if ((errnum = link_find(netlink, name, &link)))
        return errnum;
    *ret_index = link.index;
    return g_str_equal(link.kind, KIND) ? 0 : ENODEV;
}

bool
relay_remove(Netlink *netlink, const ContainerInterface *interface, GError **error)
{
    int index;
    int errnum = relay_find(netlink, interface, &index);

    if (!errnum)
        errnum = link_delete(netlink, index);
    return !errnum || errnum == ENODEV ||
           netlink_fail(netlink, errnum, error, "cannot remove the host's part of '%s'",
                        interface->host_name);
}
