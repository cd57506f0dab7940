/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leases of networks, and neighbours of the host. */
#include "driver/addresses-network.h"

#include <arpa/inet.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <string.h>

#include "controller/wire/failure.h"
#include "driver/network.h"

/* The interfaces of the guest, to be looked at without the lock. */
static Definition *
copy_live(Domain *domain, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    return domain_expect(domain, DOMAIN_ACTIVE, error) ? definition_copy(domain->live) : NULL;
}

typedef void UseLeases(const Interface *interface, virNetworkDHCPLeasePtr *leases, int count,
                       void *opaque);

/* Calls @use with the leases of each interface of the guest. */
static bool
look_at_leases(Domain *domain, UseLeases *use, void *opaque, GError **error)
{
    g_autoptr(Definition) live = copy_live(domain, error);
    guint i;

    if (!live)
        return false;
    for (i = 0; i < live->interfaces->len; i++) {
        const Interface *interface = live->interfaces->pdata[i];
        virNetworkDHCPLeasePtr *leases = NULL;
        int count;
        int j;

        if (!interface->network || interface->type != INTERFACE_NETWORK)
            continue;
        if ((count = network_leases(interface, &leases, error)) < 0)
            return false;
        use(interface, leases, count, opaque);
        for (j = 0; j < count; j++)
            virNetworkDHCPLeaseFree(leases[j]);
        free(leases);
    }
    return true;
}

static void
add_leases(const Interface *interface, virNetworkDHCPLeasePtr *leases, int count, void *opaque)
{
    virDomainInterfacePtr told = NULL;
    GPtrArray *found = opaque;
    int i;

    for (i = 0; i < count; i++) {
        if (!told)
            told = addresses_add_interface(found, interface->target, interface->mac);
        addresses_add(told, leases[i]->type, leases[i]->ipaddr, leases[i]->prefix);
    }
}

GPtrArray *
addresses_leased(Domain *domain, GError **error)
{
    g_autoptr(GPtrArray) found = addresses_new();

    return look_at_leases(domain, add_leases, found, error) ? g_steal_pointer(&found) : NULL;
}

/* The first one there is. */
static void
take_host_name(const Interface *interface, virNetworkDHCPLeasePtr *leases, int count, void *opaque)
{
    char **name = opaque;
    int i;

    for (i = 0; i < count && !*name; i++) {
        if (leases[i]->hostname && leases[i]->hostname[0])
            *name = g_strdup(leases[i]->hostname);
    }
}

char *
addresses_leased_host_name(Domain *domain, GError **error)
{
    g_autofree char *name = NULL;

    if (!look_at_leases(domain, take_host_name, &name, error))
        return NULL;
    if (!name)
        fail(error, FAILURE_NO_HOSTNAME,
             "no network has leased an address to domain '%s' by name; use the source agent",
             domain->name);
    return g_steal_pointer(&name);
}

typedef struct {
    const Definition *live;
    GPtrArray *found;
} Neighbours;

static const Interface *
interface_with(const Definition *live, const unsigned char *mac)
{
    g_autofree char *text = g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
                                            mac[3], mac[4], mac[5]);
    guint i;

    for (i = 0; i < live->interfaces->len; i++) {
        const Interface *interface = live->interfaces->pdata[i];

        if (g_ascii_strcasecmp(interface->mac, text) == 0)
            return interface;
    }
    return NULL;
}

static virDomainInterfacePtr
told_before(GPtrArray *found, const Interface *interface)
{
    guint i;

    for (i = 0; i < found->len; i++) {
        virDomainInterfacePtr told = found->pdata[i];

        if (g_str_equal(told->hwaddr, interface->mac))
            return told;
    }
    return addresses_add_interface(found, interface->target ? interface->target : interface->guest,
                                   interface->mac);
}

static int
on_neighbour(struct nl_msg *message, void *opaque)
{
    struct nlmsghdr *header = nlmsg_hdr(message);
    const struct ndmsg *neighbour = nlmsg_data(header);
    Neighbours *neighbours = opaque;
    struct nlattr *address;
    struct nlattr *hardware;
    const Interface *interface;
    char text[INET6_ADDRSTRLEN];
    bool six = neighbour->ndm_family == AF_INET6;

    if (header->nlmsg_type != RTM_NEWNEIGH || (!six && neighbour->ndm_family != AF_INET) ||
        !(address = nlmsg_find_attr(header, sizeof(*neighbour), NDA_DST)) ||
        !(hardware = nlmsg_find_attr(header, sizeof(*neighbour), NDA_LLADDR)) ||
        nla_len(hardware) != 6 || nla_len(address) != (six ? 16 : 4) ||
        !(interface = interface_with(neighbours->live, nla_data(hardware))) ||
        !inet_ntop(neighbour->ndm_family, nla_data(address), text, sizeof(text)))
        return NL_OK;
    /* the table says nothing of networks: a host by itself, as the stock driver has it */
    addresses_add(told_before(neighbours->found, interface),
                  six ? VIR_IP_ADDR_TYPE_IPV6 : VIR_IP_ADDR_TYPE_IPV4, text, 0);
    return NL_OK;
}

GPtrArray *
addresses_of_neighbours(Domain *domain, GError **error)
{
    g_autoptr(Definition) live = copy_live(domain, error);
    g_autoptr(GPtrArray) found = addresses_new();
    Neighbours neighbours = { live, found };
    struct ndmsg request = { .ndm_family = AF_UNSPEC };
    struct nl_sock *socket;
    bool asked;

    if (!live)
        return NULL;
    socket = nl_socket_alloc();
    asked =
        socket && nl_connect(socket, NETLINK_ROUTE) == 0 &&
        nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, on_neighbour, &neighbours) == 0 &&
        nl_send_simple(socket, RTM_GETNEIGH, NLM_F_DUMP, &request, sizeof(request)) >= 0 &&
        nl_recvmsgs_default(socket) >= 0;
    if (socket)
        nl_socket_free(socket);
    if (!asked) {
        fail(error, FAILURE_SYSTEM, "cannot read the neighbours of the host");
        return NULL;
    }
    return g_steal_pointer(&found);
}
