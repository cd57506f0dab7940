/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* guest-network-get-interfaces, as the kernel tells it in the guest's network namespace. */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <sched.h>
#include <string.h>

#include "controller/agent/agent.h"
#include "controller/wire/failure.h"

static AgentInterface *
find_interface(GPtrArray *interfaces, const char *name)
{
    AgentInterface *interface;
    guint i;

    for (i = 0; i < interfaces->len; i++) {
        interface = interfaces->pdata[i];
        if (g_str_equal(interface->name, name))
            return interface;
    }
    interface = json_new(&agent_interface_type);
    interface->name = g_strdup(name);
    g_ptr_array_add(interfaces, interface);
    return interface;
}

static void
add_link(AgentInterface *interface, const struct ifaddrs *entry)
{
    const struct sockaddr_ll *link = (const void *)entry->ifa_addr;
    const struct rtnl_link_stats *counted = entry->ifa_data;
    AgentInterfaceStatistics *statistics;

    if (link->sll_halen == 6) {
        g_free(interface->hardware_address);
        interface->hardware_address = g_strdup_printf(
            "%02x:%02x:%02x:%02x:%02x:%02x", link->sll_addr[0], link->sll_addr[1],
            link->sll_addr[2], link->sll_addr[3], link->sll_addr[4], link->sll_addr[5]);
    }
    if (!counted || interface->statistics)
        return;
    interface->statistics = statistics = json_new(&agent_interface_statistics_type);
    statistics->rx_bytes = counted->rx_bytes;
    statistics->rx_packets = counted->rx_packets;
    statistics->rx_errs = counted->rx_errors;
    statistics->rx_dropped = counted->rx_dropped;
    statistics->tx_bytes = counted->tx_bytes;
    statistics->tx_packets = counted->tx_packets;
    statistics->tx_errs = counted->tx_errors;
    statistics->tx_dropped = counted->tx_dropped;
}

static int
count_bits(const unsigned char *mask, size_t length)
{
    int bits = 0;
    size_t i;

    for (i = 0; i < length; i++)
        bits += __builtin_popcount(mask[i]);
    return bits;
}

static void
add_address(AgentInterface *interface, const struct ifaddrs *entry)
{
    bool six = entry->ifa_addr->sa_family == AF_INET6;
    const struct sockaddr_in *four_address = (const void *)entry->ifa_addr;
    const struct sockaddr_in6 *six_address = (const void *)entry->ifa_addr;
    const struct sockaddr_in *four_mask = (const void *)entry->ifa_netmask;
    const struct sockaddr_in6 *six_mask = (const void *)entry->ifa_netmask;
    AgentAddress *address = json_new(&agent_address_type);
    char text[INET6_ADDRSTRLEN];

    inet_ntop(entry->ifa_addr->sa_family,
              six ? (const void *)&six_address->sin6_addr : (const void *)&four_address->sin_addr,
              text, sizeof(text));
    address->address = g_strdup(text);
    address->type = g_strdup(six ? "ipv6" : "ipv4");
    address->prefix = 0;
    if (entry->ifa_netmask)
        address->prefix = six ? count_bits(six_mask->sin6_addr.s6_addr, 16)
                              : count_bits((const void *)&four_mask->sin_addr, 4);
    if (!interface->addresses)
        interface->addresses = json_array_new(&agent_address_type);
    g_ptr_array_add(interface->addresses, address);
}

char *
agent_interfaces(Agent *agent, const AgentArguments *arguments, GError **error)
{
    g_autoptr(GPtrArray) interfaces = json_array_new(&agent_interface_type);
    struct ifaddrs *list;
    struct ifaddrs *entry;

    if (!guest_join(agent->guest, CLONE_NEWNET, error))
        return NULL;
    if (getifaddrs(&list) < 0) {
        fail_errno(error, errno, "cannot list the guest's network interfaces");
        return NULL;
    }
    for (entry = list; entry; entry = entry->ifa_next) {
        AgentInterface *interface = find_interface(interfaces, entry->ifa_name);

        if (!entry->ifa_addr)
            continue;
        if (entry->ifa_addr->sa_family == AF_PACKET)
            add_link(interface, entry);
        else if (entry->ifa_addr->sa_family == AF_INET || entry->ifa_addr->sa_family == AF_INET6)
            add_address(interface, entry);
    }
    freeifaddrs(list);
    return agent_reply_objects(&agent_interface_type, interfaces);
}
