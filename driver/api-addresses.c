/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virDomainInterfaceAddresses: a row per source. */
#include <stdlib.h>

#include "controller/wire/failure.h"
#include "driver/addresses-network.h"
#include "driver/addresses.h"
#include "driver/agent.h"
#include "driver/api.h"
#include "driver/report.h"

static void
free_interface(gpointer interface)
{
    virDomainInterfaceFree(interface);
}

GPtrArray *
addresses_new(void)
{
    return g_ptr_array_new_with_free_func(free_interface);
}

virDomainInterfacePtr
addresses_add_interface(GPtrArray *interfaces, const char *name, const char *hardware)
{
    virDomainInterfacePtr interface = g_new0(virDomainInterface, 1);

    interface->name = g_strdup(name);
    interface->hwaddr = g_strdup(hardware);
    g_ptr_array_add(interfaces, interface);
    return interface;
}

void
addresses_add(virDomainInterfacePtr interface, int type, const char *address, unsigned int prefix)
{
    interface->addrs = g_renew(virDomainIPAddress, interface->addrs, interface->naddrs + 1);
    interface->addrs[interface->naddrs++] =
        (virDomainIPAddress){ .type = type, .addr = g_strdup(address), .prefix = prefix };
}

static GPtrArray *
ask_guest(Domain *domain, GError **error)
{
    g_autoptr(GPtrArray) known =
        agent_ask_objects(domain, "guest-network-get-interfaces", &agent_interface_type, error);
    GPtrArray *interfaces;
    guint i;
    guint j;

    if (!known)
        return NULL;
    interfaces = addresses_new();
    for (i = 0; i < known->len; i++) {
        const AgentInterface *one = known->pdata[i];
        virDomainInterfacePtr interface =
            addresses_add_interface(interfaces, one->name, one->hardware_address);

        for (j = 0; one->addresses && j < one->addresses->len; j++) {
            const AgentAddress *address = one->addresses->pdata[j];
            bool six = g_strcmp0(address->type, "ipv6") == 0;

            addresses_add(interface, six ? VIR_IP_ADDR_TYPE_IPV6 : VIR_IP_ADDR_TYPE_IPV4,
                          address->address, address->prefix);
        }
    }
    return interfaces;
}

/* By VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_…; NULL: not known from there. */
static const AddressSource sources[] = {
    [VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE] = addresses_leased,
    [VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT] = ask_guest,
    [VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP] = addresses_of_neighbours,
};

static int
api_domain_interface_addresses(virDomainPtr handle, virDomainInterfacePtr **ifaces,
                               unsigned int source, unsigned int flags)
{
    Access access = ACL_FLAGS(virDomainInterfaceAddressesEnsureACL, source);
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain = NULL;
    g_autoptr(GPtrArray) found = NULL;
    int count;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!(domain = agent_reach(handle, access, &error)))
        return report(error);
    if (source >= G_N_ELEMENTS(sources) || !sources[source]) {
        fail(&error, FAILURE_ARGUMENT_UNSUPPORTED,
             "addresses are known from leases, neighbours and the guest: use the source lease, arp "
             "or agent");
        return report(error);
    }
    if (!(found = sources[source](domain, &error)))
        return report(error);
    count = (int)found->len;
    g_ptr_array_set_free_func(found, NULL); /* the interfaces become the caller's */
    g_ptr_array_add(found, NULL);
    *ifaces = (virDomainInterfacePtr *)g_ptr_array_free(g_steal_pointer(&found), FALSE);
    return count;
}

const ApiSlot addresses_api[] = {
    API(domainInterfaceAddresses, api_domain_interface_addresses),
    { NULL, NULL },
};
