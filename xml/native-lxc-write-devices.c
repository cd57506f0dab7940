/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lxc.net.N and the limits of block devices. */
#include <string.h>

#include "xml/native-lxc-write.h"

/* One device while it is written. */
typedef struct {
    LxcText *text;
    unsigned index;
} LxcDevice;

static void
put(const LxcDevice *device, const char *suffix, const char *value)
{
    g_autofree char *key = g_strdup_printf("lxc.net.%u.%s", device->index, suffix);

    if (value)
        lxc_put(device->text, key, value);
}

static const char *
child_attribute(const Kept *kept, const char *child, const char *attribute)
{
    const Kept *found = kept_child(kept, child);

    return found ? kept_attribute(found, attribute) : NULL;
}

static void
put_ip(const LxcDevice *device, const Kept *ip)
{
    const char *address = kept_attribute(ip, "address");
    const char *prefix = kept_attribute(ip, "prefix");
    bool v6 = address && strchr(address, ':');
    g_autofree char *both = NULL;

    if (!address)
        return;
    both = g_strconcat(address, "/", prefix ? prefix : v6 ? "64" : "24", NULL);
    if (!prefix)
        native_note(device->text->report, "the prefix of '%s' is assumed", both);
    put(device, v6 ? "ipv6.address" : "ipv4.address", both);
}

static void
put_route(const LxcDevice *device, const Kept *route)
{
    const char *address = kept_attribute(route, "address");
    const char *gateway = kept_attribute(route, "gateway");
    const char *prefix = kept_attribute(route, "prefix");
    bool v6 = gateway && strchr(gateway, ':');

    if (gateway && address && g_str_equal(address, v6 ? "::" : "0.0.0.0") &&
        (!prefix || g_str_equal(prefix, "0")))
        put(device, v6 ? "ipv6.gateway" : "ipv4.gateway", gateway);
    else
        native_ignore(device->text->report, "<route> to '%s'", address ? address : "");
}

static void
put_addresses(const LxcDevice *device, const Kept *kept)
{
    guint i;

    for (i = 0; i < kept->children->len; i++) {
        const Kept *child = kept->children->pdata[i];

        if (g_str_equal(child->name, "ip"))
            put_ip(device, child);
        else if (g_str_equal(child->name, "route"))
            put_route(device, child);
    }
}

static void
put_direct(const LxcDevice *device, const Kept *interface)
{
    const char *mode = child_attribute(interface, "source", "mode");

    if (!mode)
        mode = "vepa";
    put(device, "type", "macvlan");
    put(device, "link", child_attribute(interface, "source", "dev"));
    put(device, "macvlan.mode", g_str_equal(mode, "passthrough") ? "passthru" : mode);
}

/* The two types that are a veth pair without anything else on the host. */
static void
put_veth(const LxcDevice *device, const Kept *interface, const char *type)
{
    put(device, "type", "veth");
    put(device, "link", child_attribute(interface, "source", "bridge"));
    put(device, "veth.pair", child_attribute(interface, "target", "dev"));
    if (g_str_equal(type, "network"))
        native_note(device->text->report,
                    "lxc.net.%u needs a link: the bridge of the network '%s', which only libvirt "
                    "knows",
                    device->index, child_attribute(interface, "source", "network"));
}

/* What the lines of an interface say; the rest of its children is lost. */
static void
report_rest(const LxcDevice *device, const Kept *interface)
{
    static const char *const carried[] = { "mac",  "source", "ip",    "route",   "target", "guest",
                                           "link", "mtu",    "alias", "address", NULL };
    guint i;

    for (i = 0; i < interface->children->len; i++) {
        const Kept *child = interface->children->pdata[i];

        if (!g_strv_contains(carried, child->name))
            native_ignore(device->text->report, "<%s> of <interface> %u", child->name,
                          device->index);
    }
}

/* Whether it is a type that LXC has. */
static bool
write_interface(const LxcDevice *device, const Kept *interface)
{
    static const char *const veths[] = { "bridge", "network", "ethernet", NULL };
    const char *type = kept_attribute(interface, "type");
    const char *state = child_attribute(interface, "link", "state");

    if (g_strcmp0(type, "direct") == 0) {
        put_direct(device, interface);
    } else if (type && g_strv_contains(veths, type)) {
        put_veth(device, interface, type);
    } else {
        native_ignore(device->text->report, "<interface type='%s'>", type ? type : "");
        return false;
    }
    put(device, "hwaddr", child_attribute(interface, "mac", "address"));
    put(device, "name", child_attribute(interface, "guest", "dev"));
    put(device, "mtu", child_attribute(interface, "mtu", "size"));
    /* without a word, a device with an address is set up */
    if (state ? g_str_equal(state, "up") : kept_child(interface, "ip") != NULL)
        put(device, "flags", "up");
    put_addresses(device, interface);
    report_rest(device, interface);
    return true;
}

static bool
write_hostdev(const LxcDevice *device, const Kept *hostdev)
{
    const char *type = kept_attribute(hostdev, "type");
    const Kept *source = kept_child(hostdev, "source");
    const Kept *name = source ? kept_child(source, "interface") : NULL;

    if (g_strcmp0(kept_attribute(hostdev, "mode"), "capabilities") != 0 ||
        g_strcmp0(type, "net") != 0 || !name || !name->text) {
        native_ignore(device->text->report, "<hostdev type='%s'>", type ? type : "");
        return false;
    }
    put(device, "type", "phys");
    put(device, "link", name->text);
    put_addresses(device, hostdev);
    return true;
}

void
lxc_write_networks(LxcText *text)
{
    const Definition *definition = text->definition;
    g_autoptr(GPtrArray) view = definition_view(definition);
    LxcDevice device = { text, 0 };
    guint i;

    for (i = 0; i < view->len; i++) {
        const Kept *kept = view->pdata[i];
        bool written = false;

        if (g_strcmp0(kept->place, "devices/interface") == 0)
            written = write_interface(&device, kept);
        else if (g_strcmp0(kept->place, "devices/hostdev") == 0)
            written = write_hostdev(&device, kept);
        device.index += written;
    }
    if (device.index == 0 && !definition->sharing.net.source)
        put(&device, "type", definition->features.privnet ? "empty" : "none");
}

/* <device> elements, and the keys of either cgroup version. */
static const struct {
    const char *element;
    const char *v1;
    const char *v2; /* NULL: io.weight, which has no word in front of the number */
} limits[] = {
    { "weight", "blkio.weight_device", NULL },
    { "read_bytes_sec", "blkio.throttle.read_bps_device", "rbps" },
    { "write_bytes_sec", "blkio.throttle.write_bps_device", "wbps" },
    { "read_iops_sec", "blkio.throttle.read_iops_device", "riops" },
    { "write_iops_sec", "blkio.throttle.write_iops_device", "wiops" },
};

static void
write_block_limit(LxcText *text, const char *number, const Kept *child)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(limits); i++) {
        g_autofree char *key = g_strconcat("lxc.cgroup.", limits[i].v1, NULL);
        g_autofree char *old = g_strconcat(number, " ", child->text, NULL);
        g_autofree char *new = NULL;

        if (!g_str_equal(limits[i].element, child->name))
            continue;
        lxc_put(text, key, old);
        if (limits[i].v2)
            new = g_strconcat(number, " ", limits[i].v2, "=",
                              g_str_equal(child->text, "0") ? "max" : child->text, NULL);
        lxc_put(text, new ? "lxc.cgroup2.io.max" : "lxc.cgroup2.io.weight", new ? new : old);
    }
}

/* LXC wants numbers, which only a path that says them gives without looking at the host. */
static void
write_block_device(LxcText *text, const Kept *device)
{
    const Kept *path = kept_child(device, "path");
    guint i;

    if (!path || !path->text)
        return;
    if (!g_str_has_prefix(path->text, "/dev/block/")) {
        native_ignore(text->report, "limits of '%s' in <blkiotune>, which LXC wants as MAJOR:MINOR",
                      path->text);
        return;
    }
    for (i = 0; i < device->children->len; i++) {
        const Kept *child = device->children->pdata[i];

        if (child->text)
            write_block_limit(text, path->text + strlen("/dev/block/"), child);
    }
}

static void
write_block_tuning(LxcText *text, const Kept *tuning)
{
    guint i;

    for (i = 0; i < tuning->children->len; i++) {
        const Kept *child = tuning->children->pdata[i];

        if (g_str_equal(child->name, "device")) {
            write_block_device(text, child);
        } else if (g_str_equal(child->name, "weight") && child->text) {
            lxc_put(text, "lxc.cgroup.blkio.weight", child->text);
            lxc_put(text, "lxc.cgroup2.io.weight", child->text);
        }
    }
}

void
lxc_write_block(LxcText *text)
{
    g_autoptr(GPtrArray) view = definition_view(text->definition);
    guint i;

    for (i = 0; i < view->len; i++) {
        const Kept *kept = view->pdata[i];

        if (g_str_equal(kept->name, "blkiotune"))
            write_block_tuning(text, kept);
    }
}
