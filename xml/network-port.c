/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <networkport> and <filterbinding>. */
#include "xml/network-port.h"

#include <string.h>

#include "xml/document.h"
#include "xml/elements.h"

#define MEMBER(member) offsetof(Interface, member)

static const char *const switches[] = { "", "yes", "no", NULL };

/* The parts of an interface that a port has, too. */
static const XmlField port_fields[] = {
    { "virtualport", FIELD_STRUCT, MEMBER(virtual_port), .type = &virtual_port_type },
    { "bandwidth", FIELD_STRUCT, MEMBER(bandwidth), .type = &bandwidth_type },
    { "vlan", FIELD_STRUCT, MEMBER(vlan), .type = &vlan_type },
    { "port/@isolated", FIELD_ENUM, MEMBER(isolated), .names = switches },
    { NULL },
};
static const XmlType port_type = { "networkport", sizeof(Interface), port_fields };

static void
write_owner(XmlWriter *writer, const Definition *owner)
{
    writer_open(writer, "owner");
    writer_open(writer, "name");
    writer_text(writer, "name", owner->name);
    writer_open(writer, "uuid");
    writer_text(writer, "uuid", owner->uuid);
    writer_close(writer, "owner");
}

static void
write_mac(XmlWriter *writer, const Interface *interface)
{
    writer_open(writer, "mac");
    writer_attribute(writer, "address", interface->mac);
    writer_close(writer, "mac");
}

char *
network_port_format(const Definition *owner, const Interface *interface)
{
    XmlWriter writer = { .out = g_string_new(NULL), .live = true, .secure = true };

    writer_open(&writer, "networkport");
    writer_open(&writer, "uuid");
    writer_text(&writer, "uuid", interface->port_id);
    write_owner(&writer, owner);
    if (interface->portgroup) {
        writer_open(&writer, "group");
        writer_text(&writer, "group", interface->portgroup);
    }
    write_mac(&writer, interface);
    xml_print(&port_type, &writer, interface);
    writer_close(&writer, "networkport");
    return g_string_free(writer.out, FALSE);
}

static bool
apply_direct(Interface *interface, xmlNode *plug, GError **error)
{
    static const char *const modes[] = { "vepa", "private", "bridge", "passthrough" };
    g_autofree char *mode = xml_attribute(plug, "mode");
    size_t i;

    interface->type = INTERFACE_DIRECT;
    g_free(interface->device);
    interface->device = xml_attribute(plug, "dev");
    for (i = 0; i < G_N_ELEMENTS(modes); i++) {
        if (g_strcmp0(mode, modes[i]) == 0)
            interface->mode = i;
    }
    return interface->device ||
           fail(error, FAILURE_INTERNAL, "network '%s' names no device", interface->network);
}

static void
set_address(Interface *interface, xmlNode *address)
{
    interface->address_type = g_strdup("pci");
    interface->address.domain = xml_attribute(address, "domain");
    interface->address.bus = xml_attribute(address, "bus");
    interface->address.slot = xml_attribute(address, "slot");
    interface->address.function = xml_attribute(address, "function");
}

static void
forget_address(Interface *interface)
{
    g_clear_pointer(&interface->address_type, g_free);
    g_clear_pointer(&interface->address.domain, g_free);
    g_clear_pointer(&interface->address.bus, g_free);
    g_clear_pointer(&interface->address.slot, g_free);
    g_clear_pointer(&interface->address.function, g_free);
}

/* One of the pool; the container needs no driver but the host's own. */
static bool
apply_hostdev(Interface *interface, xmlNode *plug, GError **error)
{
    xmlNode *address = xml_child(plug, "address");

    if (!address)
        return fail(error, FAILURE_INTERNAL, "network '%s' names no device", interface->network);
    interface->type = INTERFACE_HOSTDEV;
    forget_address(interface);
    set_address(interface, address);
    return true;
}

static bool
apply_plug(Interface *interface, xmlNode *plug, GError **error)
{
    g_autofree char *type = plug ? xml_attribute(plug, "type") : NULL;

    if (g_strcmp0(type, "direct") == 0)
        return apply_direct(interface, plug, error);
    if (g_strcmp0(type, "hostdev-pci") == 0)
        return apply_hostdev(interface, plug, error);
    if (g_strcmp0(type, "network") != 0 && g_strcmp0(type, "bridge") != 0)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "network '%s' gives ports of type '%s', which a container cannot have",
                    interface->network, type ? type : "");
    interface->type = g_str_equal(type, "bridge") ? INTERFACE_BRIDGE : INTERFACE_NETWORK;
    g_free(interface->bridge);
    interface->bridge = xml_attribute(plug, "bridge");
    return interface->bridge ||
           fail(error, FAILURE_INTERNAL, "network '%s' names no bridge", interface->network);
}

/* What is said by the network takes the place of what the interface says: it was asked with that.
 */
static void
take_parts(Interface *interface, Interface *port)
{
    Interface swapped = *interface;

    swapped.virtual_port = port->virtual_port;
    swapped.vlan = port->vlan;
    swapped.bandwidth = port->bandwidth;
    port->virtual_port = interface->virtual_port;
    port->vlan = interface->vlan;
    port->bandwidth = interface->bandwidth;
    if (port->isolated)
        swapped.isolated = port->isolated;
    *interface = swapped;
}

bool
network_port_apply(Interface *interface, const char *port, GError **error)
{
    const XmlContext context = { .live = true, .trusted = true };
    g_autoptr(xmlDoc) document = document_parse(port, error);
    g_autoptr(Interface) parts = interface_new();
    xmlNode *root;

    if (!document)
        return false;
    root = xmlDocGetRootElement(document);
    if (!xml_read(&port_type, &context, root, parts, error) ||
        !apply_plug(interface, xml_child(root, "plug"), error))
        return false;
    take_parts(interface, parts);
    return true;
}

void
network_port_forget(Interface *interface)
{
    if (!interface->network)
        return;
    interface->mode = DIRECT_VEPA;
    g_clear_pointer(&interface->port_id, g_free);
    g_clear_pointer(&interface->bridge, g_free);
    g_clear_pointer(&interface->device, g_free);
    if (interface->type == INTERFACE_HOSTDEV)
        g_clear_pointer(&interface->target, g_free);
    forget_address(interface);
    interface->type = INTERFACE_NETWORK;
}

char *
network_port_owner(const char *text)
{
    g_autoptr(xmlDoc) document = document_parse(text, NULL);
    xmlNode *owner = document ? xml_child(xmlDocGetRootElement(document), "owner") : NULL;
    xmlNode *uuid = owner ? xml_child(owner, "uuid") : NULL;

    return uuid ? xml_text(uuid) : NULL;
}

char *
filter_binding_format(const Definition *owner, const Interface *interface)
{
    XmlWriter writer = { .out = g_string_new(NULL) };
    guint i;

    writer_open(&writer, "filterbinding");
    write_owner(&writer, owner);
    writer_open(&writer, "portdev");
    writer_attribute(&writer, "name", interface->target);
    writer_close(&writer, "portdev");
    write_mac(&writer, interface);
    writer_open(&writer, "filterref");
    writer_attribute(&writer, "filter", interface->filter.filter);
    for (i = 0; i < interface->filter.parameters->len; i++) {
        const FilterParameter *parameter = interface->filter.parameters->pdata[i];

        writer_open(&writer, "parameter");
        writer_attribute(&writer, "name", parameter->name);
        writer_attribute(&writer, "value", parameter->value);
        writer_close(&writer, "parameter");
    }
    writer_close(&writer, "filterref");
    writer_close(&writer, "filterbinding");
    return g_string_free(writer.out, FALSE);
}
