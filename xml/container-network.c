/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interfaces of a container. */
#include <string.h>

#include "controller/wire/failure.h"
#include "xml/container-parts.h"

/* Of an interface that has no name on the host yet: the launcher takes the next free number. */
#define FIRST_HOST_NAME "vnet0"

static unsigned
address_prefix(const IpAddress *address)
{
    /* what the address says by its class, or by custom, as for a route */
    const IpRoute route = { address->family, address->address, NULL, ROUTE_PREFIX_UNSET, NULL, 0 };

    return address->prefix ? address->prefix : ip_route_prefix(&route);
}

static void
copy_addresses(const GPtrArray *given, GPtrArray *addresses)
{
    guint i;

    for (i = 0; i < given->len; i++) {
        const IpAddress *one = given->pdata[i];
        ContainerAddress *address = json_new(&container_address_type);

        address->address = g_strdup(one->address);
        address->prefix = address_prefix(one);
        address->peer = g_strdup(one->peer);
        g_ptr_array_add(addresses, address);
    }
}

static void
copy_routes(const GPtrArray *given, GPtrArray *routes)
{
    guint i;

    for (i = 0; i < given->len; i++) {
        const IpRoute *one = given->pdata[i];
        ContainerRoute *route = json_new(&container_route_type);

        route->destination = g_strdup(one->address);
        route->prefix = ip_route_prefix(one);
        route->gateway = g_strdup(one->gateway);
        route->metric = one->metric;
        g_ptr_array_add(routes, route);
    }
}

static ContainerRate *
copy_rate(const BandwidthRate *given)
{
    ContainerRate *rate;

    if (!given->average && !given->floor)
        return NULL;
    rate = json_new(&container_rate_type);
    rate->average = given->average;
    rate->peak = given->peak;
    rate->floor = given->floor;
    rate->burst = given->burst;
    return rate;
}

/* One tag without a trunk makes an access port; a trunk has untagged frames of the native tag. */
static void
copy_vlans(const Vlan *given, GPtrArray *vlans)
{
    guint i;

    for (i = 0; i < given->tags->len; i++) {
        const VlanTag *tag = given->tags->pdata[i];
        ContainerVlan *vlan = json_new(&container_vlan_type);

        vlan->id = tag->id;
        vlan->untagged = tag->native_mode == 2 || (!given->trunk && given->tags->len == 1);
        g_ptr_array_add(vlans, vlan);
    }
}

static void
add_id(GPtrArray *ids, const char *key, const char *value)
{
    g_ptr_array_add(ids, g_strdup_printf("%s=%s", key, value));
}

/* What Open vSwitch is told of a port, as its documentation of external-ids has it. */
static bool
set_switch(const Definition *definition, const Interface *given, ContainerInterface *interface,
           GError **error)
{
    g_autoptr(GPtrArray) ids = NULL;

    if (given->virtual_port.type == VIRTUAL_PORT_UNSET)
        return true;
    if (given->virtual_port.type != VIRTUAL_PORT_OPENVSWITCH)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "interface '%s': the only <virtualport> a container can have is of type "
                    "'openvswitch'",
                    given->guest);
    ids = g_ptr_array_new();
    add_id(ids, "attached-mac", given->mac);
    if (given->virtual_port.interface_id)
        add_id(ids, "iface-id", given->virtual_port.interface_id);
    add_id(ids, "vm-id", definition->uuid);
    add_id(ids, "iface-status", "active");
    g_ptr_array_add(ids, NULL);
    interface->switch_kind = g_strdup("openvswitch");
    interface->switch_profile = g_strdup(given->virtual_port.profile_id);
    interface->switch_ids = (char **)g_ptr_array_free(g_steal_pointer(&ids), FALSE);
    return true;
}

static void
set_host_name(const Interface *given, ContainerInterface *interface)
{
    interface->host_name = g_strdup(given->target ? given->target : FIRST_HOST_NAME);
    interface->host_generated = !given->target || (given->target_managed != SWITCH_NO &&
                                                   interface_name_is_generated(given->target));
}

static bool
fill_veth(const Definition *definition, const Interface *given, ContainerInterface *interface,
          GError **error)
{
    interface->kind = g_strdup(CONTAINER_INTERFACE_VETH);
    set_host_name(given, interface);
    interface->isolated = given->isolated == SWITCH_YES;
    copy_vlans(&given->vlan, interface->vlans);
    return set_switch(definition, given, interface, error);
}

static bool
fill_bridge(const Definition *definition, const Interface *given, ContainerInterface *interface,
            GError **error)
{
    if (!given->bridge)
        return fail(error, FAILURE_INTERNAL, "network '%s' has said nothing about a bridge",
                    given->network ? given->network : "");
    interface->bridge = g_strdup(given->bridge);
    return fill_veth(definition, given, interface, error);
}

static bool
fill_ethernet(const Definition *definition, const Interface *given, ContainerInterface *interface,
              GError **error)
{
    copy_addresses(given->host_ips, interface->host_addresses);
    copy_routes(given->host_routes, interface->host_routes);
    return fill_veth(definition, given, interface, error);
}

static bool
fill_null(const Definition *definition, const Interface *given, ContainerInterface *interface,
          GError **error)
{
    interface->host_down = true;
    return fill_veth(definition, given, interface, error);
}

static bool
fill_direct(const Definition *definition, const Interface *given, ContainerInterface *interface,
            GError **error)
{
    /* order is DirectMode's; the words are the kernel's */
    static const char *const modes[] = { "vepa", "private", "bridge", "passthru" };

    interface->lower = g_strdup(given->device);
    interface->mode = g_strdup(modes[given->mode]);
    if (interface_has_host_end(given)) {
        interface->kind = g_strdup(CONTAINER_INTERFACE_RELAY);
        set_host_name(given, interface);
    } else {
        interface->kind = g_strdup(CONTAINER_INTERFACE_MACVLAN);
    }
    return true;
}

/* "-t 192.0.2.1%eth0/8080-8089:80-89", as the program wants it. */
static void
forward_range(GPtrArray *arguments, const Kept *forward, const Kept *range)
{
    const char *address = kept_attribute(forward, "address");
    const char *device = kept_attribute(forward, "dev");
    const char *start = kept_attribute(range, "start");
    const char *end = kept_attribute(range, "end");
    const char *to = kept_attribute(range, "to");
    GString *word = g_string_new(address ? address : NULL);

    if (device)
        g_string_append_printf(word, "%%%s", device);
    if (word->len > 0)
        g_string_append_c(word, '/');
    if (g_strcmp0(kept_attribute(range, "exclude"), "yes") == 0)
        g_string_append_c(word, '~');
    g_string_append(word, start ? start : "");
    if (end)
        g_string_append_printf(word, "-%s", end);
    if (to) {
        guint64 first = g_ascii_strtoull(to, NULL, 10);

        g_string_append_printf(word, ":%s", to);
        if (end && start)
            g_string_append_printf(word, "-%" G_GUINT64_FORMAT,
                                   first + g_ascii_strtoull(end, NULL, 10) -
                                       g_ascii_strtoull(start, NULL, 10));
    }
    g_ptr_array_add(arguments, g_strdup(g_strcmp0(kept_attribute(forward, "proto"), "udp") == 0
                                            ? "--udp-ports"
                                            : "--tcp-ports"));
    g_ptr_array_add(arguments, g_string_free(word, FALSE));
}

/* Whether there is anything of @protocol. */
static bool
forward_ports(const Interface *given, const char *protocol, GPtrArray *arguments)
{
    bool found = false;
    guint i;
    guint j;

    for (i = 0; i < given->kept->len; i++) {
        const Kept *forward = given->kept->pdata[i];

        if (!g_str_equal(forward->name, "portForward") ||
            g_strcmp0(kept_attribute(forward, "proto"), protocol) != 0)
            continue;
        for (j = 0; j < forward->children->len; j++) {
            forward_range(arguments, forward, forward->children->pdata[j]);
            found = true;
        }
    }
    return found;
}

static void
add_words(GPtrArray *arguments, const char *option, const char *value)
{
    if (!value)
        return;
    g_ptr_array_add(arguments, g_strdup(option));
    g_ptr_array_add(arguments, g_strdup(value));
}

static const char *
kept_source_device(const Interface *given)
{
    guint i;

    for (i = 0; i < given->kept->len; i++) {
        const Kept *kept = given->kept->pdata[i];

        if (g_str_equal(kept->name, "source"))
            return kept_attribute(kept, "dev");
    }
    return NULL;
}

/* The guest reaches nothing of the host's own, and nobody reaches the guest, unless that is said.
 */
static bool
fill_user(const Definition *definition, const Interface *given, ContainerInterface *interface,
          GError **error)
{
    GPtrArray *arguments = g_ptr_array_new();
    guint i;

    interface->kind = g_strdup(CONTAINER_INTERFACE_PASST);
    add_words(arguments, "--tcp-ns", "none");
    add_words(arguments, "--udp-ns", "none");
    g_ptr_array_add(arguments, g_strdup("--no-map-gw"));
    if (!forward_ports(given, "tcp", arguments))
        add_words(arguments, "--tcp-ports", "none");
    if (!forward_ports(given, "udp", arguments))
        add_words(arguments, "--udp-ports", "none");
    add_words(arguments, "--interface", kept_source_device(given));
    for (i = 0; i < interface->addresses->len; i++)
        add_words(arguments, "--address",
                  ((const ContainerAddress *)interface->addresses->pdata[i])->address);
    for (i = 0; i < interface->routes->len; i++) {
        const ContainerRoute *route = interface->routes->pdata[i];

        if (route->prefix == 0)
            add_words(arguments, "--gateway", route->gateway);
    }
    /* without an address of its own the guest has that of the host */
    if (interface->addresses->len == 0)
        g_ptr_array_add(arguments, g_strdup("--config-net"));
    g_ptr_array_add(arguments, NULL);
    interface->arguments = (char **)g_ptr_array_free(arguments, FALSE);
    return true;
}

/* Whether the offloading of checksums is off on a side of the card: by "host" of what comes from
 * the guest, by "guest" of what goes to it. */
static bool
computes_checksums(const Interface *given, const char *side)
{
    guint i;

    for (i = 0; i < given->kept->len; i++) {
        const Kept *kept = given->kept->pdata[i];
        const Kept *child = g_str_equal(kept->name, "driver") ? kept_child(kept, side) : NULL;

        if (child)
            return g_strcmp0(kept_attribute(child, "csum"), "off") == 0;
    }
    return false;
}

static bool
fill_hostdev(const Definition *definition, const Interface *given, ContainerInterface *interface,
             GError **error)
{
    interface->kind = g_strdup(CONTAINER_INTERFACE_DEVICE);
    interface->host_name = g_strdup(given->target);
    interface->pci = interface_pci_address(given);
    return true;
}

static const struct {
    InterfaceType type;
    bool (*fill)(const Definition *definition, const Interface *given,
                 ContainerInterface *interface, GError **error);
} kinds[] = {
    { INTERFACE_BRIDGE, fill_bridge },     { INTERFACE_NETWORK, fill_bridge },
    { INTERFACE_ETHERNET, fill_ethernet }, { INTERFACE_NULL, fill_null },
    { INTERFACE_DIRECT, fill_direct },     { INTERFACE_USER, fill_user },
    { INTERFACE_HOSTDEV, fill_hostdev },
};

static bool
fill_kind(const Definition *definition, const Interface *given, ContainerInterface *interface,
          GError **error)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (kinds[i].type == given->type)
            return kinds[i].fill(definition, given, interface, error);
    }
    return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                "<interface type='%s'> is not supported for containers; use type 'bridge', "
                "'network', 'ethernet', 'direct', 'hostdev', 'user' or 'null'",
                interface_type_name(given->type));
}

ContainerInterface *
container_interface(const Definition *definition, const Interface *given, GError **error)
{
    g_autoptr(ContainerInterface) interface = container_interface_new();

    interface->alias = g_strdup(given->alias);
    interface->name = g_strdup(given->guest);
    interface->mac = g_strdup(given->mac);
    interface->mtu = given->mtu;
    interface->down = given->link == LINK_DOWN;
    interface->inbound = copy_rate(&given->bandwidth.inbound);
    interface->outbound = copy_rate(&given->bandwidth.outbound);
    interface->inbound_checksums = computes_checksums(given, "guest");
    interface->outbound_checksums = computes_checksums(given, "host");
    copy_addresses(given->ips, interface->addresses);
    copy_routes(given->routes, interface->routes);
    if (!fill_kind(definition, given, interface, error))
        return NULL;
    return g_steal_pointer(&interface);
}

void
container_name_interface(const Definition *definition, Interface *interface)
{
    unsigned number;
    guint i;

    for (number = 0; !interface->guest; number++) {
        g_autofree char *name = g_strdup_printf("eth%u", number);

        for (i = 0; i < definition->interfaces->len; i++) {
            const Interface *other = definition->interfaces->pdata[i];

            if (other != interface && g_strcmp0(other->guest, name) == 0)
                break;
        }
        if (i == definition->interfaces->len)
            interface->guest = g_steal_pointer(&name);
    }
}

/* A device of the host moves in under the name it has, and comes back. */
ContainerInterface *
container_moved_device(const Hostdev *hostdev)
{
    ContainerInterface *interface = container_interface_new();

    interface->alias = g_strdup(hostdev->alias);
    interface->kind = g_strdup(CONTAINER_INTERFACE_DEVICE);
    interface->name = g_strdup(hostdev->path);
    interface->host_name = g_strdup(hostdev->path);
    copy_addresses(hostdev->ips, interface->addresses);
    copy_routes(hostdev->routes, interface->routes);
    return interface;
}

GPtrArray *
container_moved_devices(const Definition *definition)
{
    GPtrArray *devices = g_ptr_array_new_with_free_func((GDestroyNotify)container_interface_free);
    guint i;

    for (i = 0; i < definition->hostdevs->len; i++) {
        const Hostdev *hostdev = definition->hostdevs->pdata[i];

        if (hostdev->type == HOSTDEV_NET)
            g_ptr_array_add(devices, container_moved_device(hostdev));
    }
    for (i = 0; i < definition->interfaces->len; i++) {
        const Interface *given = definition->interfaces->pdata[i];
        ContainerInterface *device = NULL;

        /* without a name on the host it has not moved in */
        if (given->type == INTERFACE_HOSTDEV && given->target &&
            (device = container_interface(definition, given, NULL)))
            g_ptr_array_add(devices, device);
    }
    return devices;
}

bool
container_network(const Definition *definition, Container *container, GError **error)
{
    guint i;

    for (i = 0; i < definition->interfaces->len; i++) {
        ContainerInterface *interface =
            container_interface(definition, definition->interfaces->pdata[i], error);

        if (!interface)
            return false;
        g_ptr_array_add(container->caisson->interfaces, interface);
    }
    for (i = 0; i < definition->hostdevs->len; i++) {
        const Hostdev *hostdev = definition->hostdevs->pdata[i];

        if (hostdev->type == HOSTDEV_NET)
            g_ptr_array_add(container->caisson->interfaces, container_moved_device(hostdev));
    }
    return true;
}
