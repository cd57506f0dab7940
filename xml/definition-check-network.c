/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interfaces that no container can have. */
#include <string.h>

#include "controller/wire/failure.h"
#include "xml/definition-check.h"

/* IFNAMSIZ without the final NUL */
#define INTERFACE_NAME_MAX 15

/* One interface; of all of them, the message says which. */
static bool
refuse(const Interface *interface, const char *what, GError **error)
{
    return fail(error, FAILURE_CONFIG_UNSUPPORTED, "<interface type='%s'> with address %s %s",
                interface_type_name(interface->type), interface->mac, what);
}

static bool
is_possible_name(const char *name)
{
    size_t length = strlen(name);

    return length > 0 && length <= INTERFACE_NAME_MAX && !g_str_equal(name, ".") &&
           !g_str_equal(name, "..") && !strpbrk(name, "/: \t\r\n\v\f");
}

static bool
check_name(const char *name, const char *element, GError **error)
{
    if (!name || is_possible_name(name))
        return true;
    return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                "invalid value '%.64s' for attribute 'dev' of <%s> in <interface>: names of "
                "interfaces have at most %d characters and no blank, ':' or '/'",
                name, element, INTERFACE_NAME_MAX);
}

static bool
check_model(const Interface *interface, GError **error)
{
    static const char *const models[] = {
        "netfront",   "rtl8139", "virtio",    "e1000",   "e1000e",  "virtio-transitional",
        "usb-net",    "lan9118", "scm91c111", "vlance",  "vmxnet",  "virtio-non-transitional",
        "spapr-vlan", "vmxnet2", "vmxnet3",   "82540EM", "82545EM", "Am79C970A",
        "Am79C973",   "82543GC", "igb",       "unknown", NULL,
    };

    if (!interface->model || g_strv_contains(models, interface->model))
        return true;
    return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                "invalid value '%.64s' for attribute 'type' of <model> in <interface>: libvirt "
                "knows no such model; remove <model>, which means nothing to a container",
                interface->model);
}

static bool
check_vlan(const Interface *interface, GError **error)
{
    InterfaceType type = interface->type;

    if (interface->vlan.tags->len == 0 || type == INTERFACE_NETWORK || type == INTERFACE_BRIDGE)
        return true;
    return refuse(interface,
                  "cannot have <vlan>; use type 'bridge' or 'network', or make a link of the VLAN "
                  "on the host and name that",
                  error);
}

static bool
check_switch_port(const Interface *interface, GError **error)
{
    const VirtualPort *port = &interface->virtual_port;
    const Bandwidth *bandwidth = &interface->bandwidth;
    InterfaceType type = interface->type;
    bool switched = type == INTERFACE_NETWORK || type == INTERFACE_BRIDGE;

    if (port->present && !switched)
        return refuse(interface, "cannot have <virtualport>; use type 'bridge' or 'network'",
                      error);
    if (interface->isolated && !switched)
        return refuse(interface, "cannot have <port isolated='…'/>; use type 'bridge' or 'network'",
                      error);
    if (interface->isolated == SWITCH_YES && port->type == VIRTUAL_PORT_OPENVSWITCH)
        return refuse(interface,
                      "cannot have <port isolated='yes'/> with <virtualport type='openvswitch'>, "
                      "which has no such ports",
                      error);
    if ((type == INTERFACE_USER || type == INTERFACE_HOSTDEV) &&
        (bandwidth->inbound.average || bandwidth->outbound.average || bandwidth->inbound.floor))
        return refuse(interface, "cannot have <bandwidth>; use type 'bridge' or 'network'", error);
    if (interface->filter.filter &&
        (type == INTERFACE_USER || type == INTERFACE_DIRECT || type == INTERFACE_HOSTDEV))
        return refuse(interface,
                      "cannot have <filterref>, which works on bridges; use type 'bridge' or "
                      "'network'",
                      error);
    if (bandwidth->inbound.floor && type != INTERFACE_NETWORK)
        return refuse(interface,
                      "cannot have attribute 'floor' of <inbound>, which is for type 'network'",
                      error);
    return check_vlan(interface, error);
}

static bool
check_interface(const Interface *interface, GError **error)
{
    g_autofree char *pci = NULL;

    if (!interface_is_possible(interface->type))
        return refuse(interface,
                      "is nothing a container can have; use type 'bridge', 'network', 'ethernet', "
                      "'direct', 'hostdev', 'user' or 'null'",
                      error);
    if (interface->type == INTERFACE_HOSTDEV && !(pci = interface_pci_address(interface)))
        return refuse(interface,
                      "needs an <address type='pci'> with 'bus', 'slot' and 'function' in its "
                      "<source>",
                      error);
    if (interface->script)
        return refuse(interface, "cannot have <script>; use a hook of libvirt", error);
    if (interface->target_managed == SWITCH_NO && interface->type != INTERFACE_ETHERNET)
        return refuse(interface, "cannot have <target managed='no'>, which is for type 'ethernet'",
                      error);
    return check_name(interface->target, "target", error) &&
           check_name(interface->guest, "guest", error) && check_model(interface, error) &&
           check_switch_port(interface, error);
}

static bool
check_guest_names(const GPtrArray *interfaces, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    guint i;

    for (i = 0; i < interfaces->len; i++) {
        const Interface *interface = interfaces->pdata[i];

        if (interface->guest && !g_hash_table_add(seen, interface->guest))
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "more than one <interface> has the name '%s' inside the container; change "
                        "attribute 'dev' of <guest>",
                        interface->guest);
    }
    return true;
}

static bool
check_share(const NamespaceShare *share, const char *element, GError **error)
{
    guint64 pid;

    if (share->source == NAMESPACE_PID &&
        !g_ascii_string_to_unsigned(share->value, 10, 1, INT32_MAX, &pid, NULL))
        return fail(
            error, FAILURE_CONFIG_UNSUPPORTED,
            "invalid value '%.64s' for attribute 'value' of <lxc:%s type='pid'>: the number "
            "of a process is needed",
            share->value, element);
    if (share->source == NAMESPACE_NETNS &&
        (strchr(share->value, '/') || g_str_equal(share->value, "..")))
        return fail(
            error, FAILURE_CONFIG_UNSUPPORTED,
            "invalid value '%.64s' for attribute 'value' of <lxc:%s type='netns'>: the name "
            "of a file in /run/netns is needed",
            share->value, element);
    if (share->source == NAMESPACE_NETNS && !g_str_equal(element, "sharenet"))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<lxc:%s> cannot be of type 'netns', which is for <lxc:sharenet>; use 'name' "
                    "or 'pid'",
                    element);
    return true;
}

/* Who shares a network cannot have interfaces of its own. */
static bool
check_sharing(const Definition *definition, GError **error)
{
    const NamespaceSharing *sharing = &definition->sharing;
    const char *what = NULL;
    guint i;

    if (definition->interfaces->len > 0)
        what = "<interface>";
    else if (definition->features.privnet)
        what = "<privnet/>";
    for (i = 0; i < definition->hostdevs->len; i++) {
        if (((const Hostdev *)definition->hostdevs->pdata[i])->type == HOSTDEV_NET)
            what = "<hostdev type='net'>";
    }
    if (sharing->net.source && what)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<lxc:sharenet> and %s exclude each other; remove one of them", what);
    return check_share(&sharing->net, "sharenet", error) &&
           check_share(&sharing->ipc, "shareipc", error) &&
           check_share(&sharing->uts, "shareuts", error);
}

static bool
check_hostdev(const Hostdev *hostdev, GError **error)
{
    const char *type = hostdev_type_name(hostdev->type);
    g_autofree char *pci = NULL;

    if (!hostdev_is_possible(hostdev->type))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<hostdev type='%s'> is nothing a container can have; name the device's nodes "
                    "by mode 'capabilities' and type 'misc' or 'storage'",
                    type);
    if ((hostdev->type == HOSTDEV_STORAGE || hostdev->type == HOSTDEV_MISC) &&
        hostdev->path[0] != '/')
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "invalid value '%.64s' for element <%s> in <hostdev>: an absolute path, below "
                    "/dev, is needed",
                    hostdev->path, hostdev->type == HOSTDEV_MISC ? "char" : "block");
    if (hostdev->type == HOSTDEV_PCI && !(pci = hostdev_pci_address(hostdev)))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<hostdev type='pci'> needs an <address> with 'bus', 'slot' and 'function' in "
                    "its <source>");
    if (hostdev->type == HOSTDEV_NET && !is_possible_name(hostdev->path))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "invalid value '%.64s' for element <interface> in <hostdev>: names of "
                    "interfaces have at most %d characters and no blank, ':' or '/'",
                    hostdev->path, INTERFACE_NAME_MAX);
    return true;
}

bool
check_network(const Definition *definition, GError **error)
{
    guint i;

    for (i = 0; i < definition->interfaces->len; i++) {
        if (!check_interface(definition->interfaces->pdata[i], error))
            return false;
    }
    for (i = 0; i < definition->hostdevs->len; i++) {
        if (!check_hostdev(definition->hostdevs->pdata[i], error))
            return false;
    }
    return check_guest_names(definition->interfaces, error) && check_sharing(definition, error);
}
