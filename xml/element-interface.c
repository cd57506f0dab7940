/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <interface>: rows, and the names and addresses that are made up. */
#include "xml/element-interface.h"

#include <stddef.h>

#include "xml/elements.h"
#include "xml/mac.h"

static const char *const types[] = { "user",     "ethernet", "vhostuser", "server",
                                     "client",   "mcast",    "network",   "bridge",
                                     "internal", "direct",   "hostdev",   "udp",
                                     "vdpa",     "null",     "vds",       NULL };
static const char *const switches[] = { "", "yes", "no", NULL };
static const char *const mac_types[] = { "", "generated", "static", NULL };
static const char *const modes[] = { "vepa", "private", "bridge", "passthrough", NULL };
static const char *const links[] = { "", "up", "down", NULL };

#define RATE(member) offsetof(BandwidthRate, member)

static const XmlField rate_fields[] = {
    { "@average", FIELD_UINT, RATE(average) },
    { "@peak", FIELD_UINT, RATE(peak) },
    { "@floor", FIELD_UINT, RATE(floor) },
    { "@burst", FIELD_UINT, RATE(burst) },
    { NULL },
};

static bool
rate_finish(const XmlContext *context, void *object, xmlNode *node, GError **error)
{
    const BandwidthRate *rate = object;
    const char *name = (const char *)node->name;

    if (rate->floor && g_str_equal(name, "outbound"))
        return fail(error, FAILURE_XML,
                    "<outbound> (line %ld) cannot have attribute 'floor', which is for <inbound>",
                    xmlGetLineNo(node));
    if (!rate->average && !rate->floor)
        return fail(error, FAILURE_XML, "missing attribute 'average' of <%s> (line %ld)", name,
                    xmlGetLineNo(node));
    if (!rate->average && (rate->peak || rate->burst))
        return fail(error, FAILURE_XML,
                    "<%s> (line %ld) has 'peak' or 'burst', which need attribute 'average'", name,
                    xmlGetLineNo(node));
    return true;
}

static const XmlType rate_type = { "bandwidth", sizeof(BandwidthRate), rate_fields,
                                   .finish = rate_finish };

static const XmlField bandwidth_fields[] = {
    { "@classID", FIELD_UINT, offsetof(Bandwidth, class_id), FIELD_LIVE, .max = UINT32_MAX },
    { "inbound", FIELD_STRUCT, offsetof(Bandwidth, inbound), FIELD_ONCE, .type = &rate_type },
    { "outbound", FIELD_STRUCT, offsetof(Bandwidth, outbound), FIELD_ONCE, .type = &rate_type },
    { NULL },
};

const XmlType bandwidth_type = { "bandwidth", sizeof(Bandwidth), bandwidth_fields };

static const XmlField parameter_fields[] = {
    { "@name", FIELD_STRING, offsetof(FilterParameter, name), FIELD_REQUIRED },
    { "@value", FIELD_STRING, offsetof(FilterParameter, value), FIELD_REQUIRED },
    { NULL },
};

static void parameter_free(void *parameter);

static const XmlType parameter_type = { "parameter", sizeof(FilterParameter), parameter_fields,
                                        .free = parameter_free };

static void
parameter_free(void *parameter)
{
    xml_free(&parameter_type, parameter);
}

static const XmlField filter_fields[] = {
    { "@filter", FIELD_STRING, offsetof(FilterReference, filter), FIELD_REQUIRED },
    { "parameter", FIELD_STRUCTS, offsetof(FilterReference, parameters), .type = &parameter_type },
    { NULL },
};

static gint
compare_parameters(gconstpointer one, gconstpointer other)
{
    return g_strcmp0((*(FilterParameter *const *)one)->name,
                     (*(FilterParameter *const *)other)->name);
}

static bool
filter_finish(const XmlContext *context, void *object, xmlNode *node, GError **error)
{
    g_ptr_array_sort(((FilterReference *)object)->parameters, compare_parameters);
    return true;
}

static const XmlType filter_type = { "filterref", sizeof(FilterReference), filter_fields,
                                     .finish = filter_finish };

#define MEMBER(member) offsetof(Interface, member)

/* Names that libvirt makes up are no configuration; but a device that somebody else manages has the
 * name they gave it. */
static bool
target_read(const XmlContext *context, xmlNode *node, void *object, GError **error)
{
    g_autofree char *name = xml_attribute(node, "dev");
    g_autofree char *managed = xml_attribute(node, "managed");

    if (name &&
        (context->live || g_strcmp0(managed, "no") == 0 || !interface_name_is_generated(name)))
        ((Interface *)object)->target = g_steal_pointer(&name);
    return true;
}

static bool
target_is_printed(const XmlWriter *writer, const void *object)
{
    const Interface *interface = object;

    return interface->target && (writer->live || interface->target_managed == SWITCH_NO ||
                                 !interface_name_is_generated(interface->target));
}

static void
target_print(XmlWriter *writer, const void *object)
{
    writer_attribute(writer, "dev", ((const Interface *)object)->target);
}

static const XmlCodec codec_target = { target_read, target_print, true, target_is_printed };

#define ON(type) ONLY(INTERFACE_##type)
/* What an interface of type 'network' may become. */
#define MADE_BY_NETWORK (ON(BRIDGE) | ON(DIRECT) | ON(HOSTDEV))
#define KEPT(path)                     \
    {                                  \
        path, FIELD_KEPT, MEMBER(kept) \
    }
#define SWITCH(path, member)                                \
    {                                                       \
        path, FIELD_ENUM, MEMBER(member), .names = switches \
    }

static const XmlField interface_fields[] = {
    { "@type", FIELD_ENUM, MEMBER(type), FIELD_ALWAYS, .names = types },
    SWITCH("@managed", managed),
    SWITCH("@trustGuestRxFilters", trust_guest_rx_filters),
    { "mac/@address", FIELD_STRING, MEMBER(mac) },
    { "mac/@type", FIELD_ENUM, MEMBER(mac_type), .names = mac_types },
    SWITCH("mac/@check", mac_check),
    { "mac/@currentAddress", FIELD_STRING, MEMBER(mac_current), FIELD_LIVE },
    { "source/@network", FIELD_STRING, MEMBER(network), FIELD_REQUIRED, ON(NETWORK) },
    { "source/@network", FIELD_STRING, MEMBER(network), FIELD_LIVE, MADE_BY_NETWORK },
    { "source/@portgroup", FIELD_STRING, MEMBER(portgroup), 0, ON(NETWORK) },
    { "source/@portgroup", FIELD_STRING, MEMBER(portgroup), FIELD_LIVE, MADE_BY_NETWORK },
    { "source/@portid", FIELD_STRING, MEMBER(port_id), FIELD_LIVE, ON(NETWORK) | MADE_BY_NETWORK },
    { "source/@bridge", FIELD_STRING, MEMBER(bridge), FIELD_REQUIRED, ON(BRIDGE) },
    { "source/@bridge", FIELD_STRING, MEMBER(bridge), FIELD_LIVE, ON(NETWORK) },
    { "source/@dev", FIELD_STRING, MEMBER(device), FIELD_REQUIRED, ON(DIRECT) },
    { "source/@mode", FIELD_ENUM, MEMBER(mode), FIELD_ALWAYS, ON(DIRECT), .names = modes },
    { "source/address/@type", FIELD_STRING, MEMBER(address_type), 0, ON(HOSTDEV) },
    { "source/address/@domain", FIELD_STRING, MEMBER(address.domain), 0, ON(HOSTDEV) },
    { "source/address/@bus", FIELD_STRING, MEMBER(address.bus), 0, ON(HOSTDEV) },
    { "source/address/@slot", FIELD_STRING, MEMBER(address.slot), 0, ON(HOSTDEV) },
    { "source/address/@function", FIELD_STRING, MEMBER(address.function), 0, ON(HOSTDEV) },
    { "source/ip", FIELD_STRUCTS, MEMBER(host_ips), 0, ON(ETHERNET), .type = &ip_type },
    { "source/route", FIELD_STRUCTS, MEMBER(host_routes), 0, ON(ETHERNET), .type = &route_type },
    { "source", FIELD_KEPT, MEMBER(kept), 0, ~(ON(NETWORK) | MADE_BY_NETWORK | ON(ETHERNET)) },
    { "vlan", FIELD_STRUCT, MEMBER(vlan), .type = &vlan_type },
    { "virtualport", FIELD_STRUCT, MEMBER(virtual_port), .type = &virtual_port_type },
    { "bandwidth", FIELD_STRUCT, MEMBER(bandwidth), .type = &bandwidth_type },
    SWITCH("port/@isolated", isolated),
    { "ip", FIELD_STRUCTS, MEMBER(ips), .type = &ip_type },
    { "route", FIELD_STRUCTS, MEMBER(routes), .type = &route_type },
    KEPT("portForward"),
    { "script/@path", FIELD_STRING, MEMBER(script) },
    { "downscript/@path", FIELD_STRING, MEMBER(downscript) },
    { "backenddomain/@name", FIELD_STRING, MEMBER(backend_domain) },
    { "target/@dev", FIELD_CUSTOM, MEMBER(target), .codec = &codec_target },
    SWITCH("target/@managed", target_managed),
    { "guest/@dev", FIELD_STRING, MEMBER(guest) },
    { "guest/@actual", FIELD_STRING, MEMBER(guest_actual), FIELD_LIVE },
    { "model/@type", FIELD_STRING, MEMBER(model) },
    KEPT("driver"),
    KEPT("backend"),
    { "filterref", FIELD_STRUCT, MEMBER(filter), .type = &filter_type },
    KEPT("tune"),
    KEPT("teaming"),
    { "link/@state", FIELD_ENUM, MEMBER(link), .names = links, .bad = FAILURE_CONFIG_UNSUPPORTED },
    { "mtu/@size", FIELD_UINT, MEMBER(mtu), .max = UINT32_MAX },
    KEPT("coalesce"),
    KEPT("boot"),
    { "alias/@name", FIELD_STRING, MEMBER(alias), FIELD_LIVE },
    KEPT("rom"),
    KEPT("acpi"),
    KEPT("address"),
    { NULL },
};

/* Canonical address, or a new one. */
static bool
finish_mac(Interface *interface, GError **error)
{
    g_autofree char *given = g_steal_pointer(&interface->mac);
    unsigned char mac[MAC_LENGTH] = { 0 };

    if (given && (!mac_parse(given, mac) || mac_is_multicast(mac)))
        return fail(error, FAILURE_XML,
                    "invalid value '%.64s' for attribute 'address' of <mac> in <interface>: six "
                    "bytes such as 52:54:00:0b:0c:01, and no multicast address, are needed",
                    given);
    if (mac_is_zero(mac))
        mac_generate(mac);
    interface->mac = mac_format(mac);
    return true;
}

static bool
interface_finish(const XmlContext *context, void *object, xmlNode *node, GError **error)
{
    Interface *interface = object;
    xmlNode *source = xml_child(node, "source");

    if (!finish_mac(interface, error))
        return false;
    /* dropping what the host's end was to have would be worse than saying so */
    if (interface->type != INTERFACE_ETHERNET && !context->trusted &&
        (xml_child(source, "ip") || xml_child(source, "route")))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<interface type='%s'> (line %ld) cannot have <ip> or <route> in <source>, "
                    "which are for type 'ethernet'; for the container's end move them out of "
                    "<source>",
                    types[interface->type], xmlGetLineNo(node));
    return true;
}

static void
free_interface(void *interface)
{
    interface_free(interface);
}

const XmlType interface_type = {
    "interface",  sizeof(Interface), interface_fields,
    MEMBER(type), free_interface,    .finish = interface_finish,
};

Interface *
interface_new(void)
{
    return xml_new(&interface_type);
}

void
interface_free(Interface *interface)
{
    xml_free(&interface_type, interface);
}

const char *
interface_type_name(InterfaceType type)
{
    return types[type];
}

bool
interface_is_possible(InterfaceType type)
{
    return type == INTERFACE_ETHERNET || type == INTERFACE_NETWORK || type == INTERFACE_BRIDGE ||
           type == INTERFACE_DIRECT || type == INTERFACE_USER || type == INTERFACE_NULL ||
           type == INTERFACE_HOSTDEV;
}

char *
interface_pci_address(const Interface *interface)
{
    if (interface->address_type && !g_str_equal(interface->address_type, "pci"))
        return NULL;
    return pci_address_text(&interface->address);
}

bool
interface_has_host_end(const Interface *interface)
{
    const Bandwidth *bandwidth = &interface->bandwidth;

    if (interface->type == INTERFACE_DIRECT)
        return interface->target || bandwidth->inbound.average || bandwidth->outbound.average;
    return interface->type == INTERFACE_ETHERNET || interface->type == INTERFACE_NETWORK ||
           interface->type == INTERFACE_BRIDGE || interface->type == INTERFACE_NULL;
}

bool
interface_name_is_generated(const char *name)
{
    return g_str_has_prefix(name, "vnet") || g_str_has_prefix(name, "macvtap") ||
           g_str_has_prefix(name, "macvlan");
}
