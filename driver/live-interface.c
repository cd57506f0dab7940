/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network interfaces of a running guest. */
#include "controller/wire/failure.h"
#include "driver/interfaces.h"
#include "driver/links.h"
#include "driver/live.h"
#include "driver/network.h"
#include "driver/report.h"
#include "xml/container.h"
#include "xml/network-port.h"

static bool
remove_links(LiveChange *change, const Interface *interface, GError **error)
{
    g_autoptr(ContainerInterface) container = container_interface(change->live, interface, error);

    return container && links_remove(change, container, error);
}

static bool
make_links(LiveChange *change, Interface *interface, GError **error)
{
    g_autoptr(ContainerInterface) container = container_interface(change->live, interface, error);
    g_autoptr(Message) reply = container ? links_make(change, container, error) : NULL;
    const MessageInterface *made;

    if (!reply)
        return false;
    if (reply->parameters->interfaces && reply->parameters->interfaces->len == 1 &&
        (made = reply->parameters->interfaces->pdata[0])->name) {
        g_free(interface->target);
        interface->target = g_strdup(made->name);
    }
    if (network_filter_bind(change->live, interface, error))
        return true;
    remove_links(change, interface, NULL);
    return false;
}

static bool
attach(LiveChange *change, GError **error)
{
    Interface *interface = device_contents(change->device);

    if (!links_are_possible(change, error))
        return false;
    container_name_interface(change->live, interface);
    if (!interface_prepare(change->live, interface, error))
        return false;
    if (make_links(change, interface, error))
        return true;
    interface_release(change->live, interface);
    return false;
}

static bool
detach(LiveChange *change, GError **error)
{
    Interface *interface = device_contents(change->device);

    if (!remove_links(change, interface, error))
        return false;
    network_filter_unbind(change->live, interface);
    network_port_delete(change->live, interface);
    return true;
}

/* What a document need not say again, and what it cannot say of a running guest. */
static void
inherit(Interface *interface, const Interface *before)
{
    if (!interface->target)
        interface->target = g_strdup(before->target);
    if (!interface->guest)
        interface->guest = g_strdup(before->guest);
}

/* A document names a network, or what the network made of the interface. */
static bool
is_on_same_network(const Interface *interface, const Interface *before)
{
    if (!before->port_id)
        return false;
    if (interface->type == INTERFACE_NETWORK)
        return g_strcmp0(interface->network, before->network) == 0 &&
               g_strcmp0(interface->portgroup, before->portgroup) == 0;
    return interface->type == before->type && g_strcmp0(interface->bridge, before->bridge) == 0 &&
           g_strcmp0(interface->device, before->device) == 0;
}

static void
set(char **member, const char *value)
{
    g_free(*member);
    *member = g_strdup(value);
}

/* The port stays: the interface is what the network said it is. */
static void
inherit_port(Interface *interface, const Interface *before)
{
    interface->type = before->type;
    interface->mode = before->mode;
    set(&interface->network, before->network);
    set(&interface->portgroup, before->portgroup);
    set(&interface->port_id, before->port_id);
    set(&interface->bridge, before->bridge);
    set(&interface->device, before->device);
    set(&interface->address_type, before->address_type);
    set(&interface->address.domain, before->address.domain);
    set(&interface->address.bus, before->address.bus);
    set(&interface->address.slot, before->address.slot);
    set(&interface->address.function, before->address.function);
}

/* What decides about the port of the bridge, as text; the rest of what may change is taken out. */
static char *
take_port(ContainerInterface *container)
{
    g_autoptr(ContainerInterface) port = container_interface_new();
    char *text;

    port->kind = g_strdup("");
    port->name = g_strdup("");
    port->bridge = g_steal_pointer(&container->bridge);
    port->switch_kind = g_steal_pointer(&container->switch_kind);
    port->switch_ids = g_steal_pointer(&container->switch_ids);
    port->switch_profile = g_steal_pointer(&container->switch_profile);
    port->isolated = container->isolated;
    container->isolated = false;
    g_ptr_array_unref(port->vlans);
    port->vlans = g_steal_pointer(&container->vlans);
    container_interface_complete(container);
    text = container_interface_to_json(port);
    container->down = false;
    json_free(&container_rate_type, g_steal_pointer(&container->inbound));
    json_free(&container_rate_type, g_steal_pointer(&container->outbound));
    return text;
}

/* Whether the port is another one; false with error when more is than can change. */
static bool
compare(LiveChange *change, const Interface *interface, bool *ret_port, GError **error)
{
    g_autoptr(ContainerInterface) before =
        container_interface(change->live, device_interface(change->before), error);
    g_autoptr(ContainerInterface) after =
        before ? container_interface(change->live, interface, error) : NULL;
    g_autofree char *port_before = after ? take_port(before) : NULL;
    g_autofree char *port_after = after ? take_port(after) : NULL;
    g_autofree char *text_before = after ? container_interface_to_json(before) : NULL;
    g_autofree char *text_after = after ? container_interface_to_json(after) : NULL;

    if (!after)
        return false;
    if (interface->type == INTERFACE_DIRECT && !g_str_equal(before->kind, after->kind))
        return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                    "interface '%s' of type 'direct' has no end on the host, which <bandwidth> "
                    "needs; detach and attach it with <bandwidth> or <target dev='…'/>",
                    before->name);
    if (!g_str_equal(text_before, text_after))
        return fail(
            error, FAILURE_OPERATION_UNSUPPORTED,
            "of interface '%s' only link state, bandwidth, bridge or network, filter, VLANs "
            "and isolation can change while the guest runs; detach and attach it to change "
            "more",
            before->name);
    *ret_port = !g_str_equal(port_before, port_after);
    return true;
}

static bool
change_links(LiveChange *change, const Interface *interface, bool port, GError **error)
{
    g_autoptr(ContainerInterface) container = container_interface(change->live, interface, error);

    return container && links_change(change, container, port, error);
}

static bool
filters_equal(LiveChange *change, const Interface *one, const Interface *other)
{
    g_autofree char *first = one->filter.filter ? filter_binding_format(change->live, one) : NULL;
    g_autofree char *second =
        other->filter.filter ? filter_binding_format(change->live, other) : NULL;

    return g_strcmp0(first, second) == 0;
}

/* Links first: without the new filter the old one stays. */
static bool
change_all(LiveChange *change, const Interface *interface, bool port, GError **error)
{
    const Interface *before = device_interface(change->before);
    g_autoptr(GError) ignored = NULL;

    if (!change_links(change, interface, port, error))
        return false;
    if (filters_equal(change, interface, before))
        return true;
    network_filter_unbind(change->live, before);
    if (network_filter_bind(change->live, interface, error))
        return true;
    if (!network_filter_bind(change->live, before, &ignored) ||
        (g_clear_error(&ignored), !change_links(change, before, port, &ignored)))
        report_log(change->domain->name, ignored);
    return false;
}

static bool
update(LiveChange *change, GError **error)
{
    const Interface *before = device_interface(change->before);
    Interface *interface = device_contents(change->device);
    bool keeps = is_on_same_network(interface, before);
    bool port = false;

    inherit(interface, before);
    if (keeps)
        inherit_port(interface, before);
    else if (!interface_prepare(change->live, interface, error))
        return false;
    if (!compare(change, interface, &port, error) || !change_all(change, interface, port, error)) {
        if (!keeps)
            network_port_delete(change->live, interface);
        return false;
    }
    if (!keeps)
        network_port_delete(change->live, before);
    return true;
}

const LiveKind live_interface = { "interface", attach, detach, update };
