/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network interfaces as rows. */
#include "controller/wire/interface.h"

#define ADDRESS(member) offsetof(ContainerAddress, member)
#define ROUTE(member)   offsetof(ContainerRoute, member)
#define RATE(member)    offsetof(ContainerRate, member)
#define MEMBER(member)  offsetof(ContainerInterface, member)

static const JsonField address_fields[] = {
    { "address", JSON_STRING, ADDRESS(address), .flags = JSON_REQUIRED },
    { "prefix", JSON_UINT, ADDRESS(prefix), .flags = JSON_ALWAYS },
    { "peer", JSON_STRING, ADDRESS(peer) },
    { NULL },
};
const JsonType container_address_type = { "address", sizeof(ContainerAddress), address_fields };

static const JsonField route_fields[] = {
    { "destination", JSON_STRING, ROUTE(destination), .flags = JSON_REQUIRED },
    { "prefix", JSON_UINT, ROUTE(prefix), .flags = JSON_ALWAYS },
    { "gateway", JSON_STRING, ROUTE(gateway), .flags = JSON_REQUIRED },
    { "metric", JSON_UINT, ROUTE(metric) },
    { NULL },
};
const JsonType container_route_type = { "route", sizeof(ContainerRoute), route_fields };

static const JsonField rate_fields[] = {
    { "average", JSON_UINT, RATE(average) },
    { "peak", JSON_UINT, RATE(peak) },
    { "floor", JSON_UINT, RATE(floor) },
    { "burst", JSON_UINT, RATE(burst) },
    { NULL },
};
const JsonType container_rate_type = { "rate", sizeof(ContainerRate), rate_fields };

static const JsonField vlan_fields[] = {
    { "id", JSON_UINT, offsetof(ContainerVlan, id), .flags = JSON_REQUIRED | JSON_ALWAYS },
    { "untagged", JSON_BOOL, offsetof(ContainerVlan, untagged) },
    { NULL },
};
const JsonType container_vlan_type = { "vlan", sizeof(ContainerVlan), vlan_fields };

static const JsonField interface_fields[] = {
    { "alias", JSON_STRING, MEMBER(alias) },
    { "kind", JSON_STRING, MEMBER(kind), .flags = JSON_REQUIRED },
    { "name", JSON_STRING, MEMBER(name), .flags = JSON_REQUIRED },
    { "hostName", JSON_STRING, MEMBER(host_name) },
    { "hostGenerated", JSON_BOOL, MEMBER(host_generated) },
    { "hostDown", JSON_BOOL, MEMBER(host_down) },
    { "mac", JSON_STRING, MEMBER(mac) },
    { "mtu", JSON_UINT, MEMBER(mtu) },
    { "down", JSON_BOOL, MEMBER(down) },
    { "bridge", JSON_STRING, MEMBER(bridge) },
    { "switch", JSON_STRING, MEMBER(switch_kind) },
    { "switchIds", JSON_STRINGS, MEMBER(switch_ids) },
    { "switchProfile", JSON_STRING, MEMBER(switch_profile) },
    { "isolated", JSON_BOOL, MEMBER(isolated) },
    { "vlans", JSON_OBJECTS, MEMBER(vlans), .type = &container_vlan_type },
    { "lower", JSON_STRING, MEMBER(lower) },
    { "pci", JSON_STRING, MEMBER(pci) },
    { "mode", JSON_STRING, MEMBER(mode) },
    { "addresses", JSON_OBJECTS, MEMBER(addresses), .type = &container_address_type },
    { "routes", JSON_OBJECTS, MEMBER(routes), .type = &container_route_type },
    { "hostAddresses", JSON_OBJECTS, MEMBER(host_addresses), .type = &container_address_type },
    { "hostRoutes", JSON_OBJECTS, MEMBER(host_routes), .type = &container_route_type },
    { "inbound", JSON_OBJECT, MEMBER(inbound), .type = &container_rate_type },
    { "outbound", JSON_OBJECT, MEMBER(outbound), .type = &container_rate_type },
    { "inboundChecksums", JSON_BOOL, MEMBER(inbound_checksums) },
    { "outboundChecksums", JSON_BOOL, MEMBER(outbound_checksums) },
    { "arguments", JSON_STRINGS, MEMBER(arguments) },
    { NULL },
};
const JsonType container_interface_type = { "interface", sizeof(ContainerInterface),
                                            interface_fields };

static void
ensure(GPtrArray **array, const JsonType *type)
{
    if (!*array)
        *array = json_array_new(type);
}

void
container_interface_complete(ContainerInterface *interface)
{
    ensure(&interface->vlans, &container_vlan_type);
    ensure(&interface->addresses, &container_address_type);
    ensure(&interface->routes, &container_route_type);
    ensure(&interface->host_addresses, &container_address_type);
    ensure(&interface->host_routes, &container_route_type);
}

ContainerInterface *
container_interface_new(void)
{
    ContainerInterface *interface = json_new(&container_interface_type);

    container_interface_complete(interface);
    return interface;
}

void
container_interface_free(ContainerInterface *interface)
{
    json_free(&container_interface_type, interface);
}

char *
container_interface_to_json(const ContainerInterface *interface)
{
    return json_write(&container_interface_type, interface, false);
}

ContainerInterface *
container_interface_from_json(const char *text, size_t length, GError **error)
{
    ContainerInterface *interface = json_read(&container_interface_type, text, length, error);

    if (interface)
        container_interface_complete(interface);
    return interface;
}
