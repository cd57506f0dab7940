/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lxc.net.N (LXC 3 and later) and lxc.network (before): network devices. */
#include <arpa/inet.h>
#include <string.h>

#include "controller/wire/failure.h"
#include "xml/native-lxc.h"

#define NETWORKS_MAX 512

/* One device while it is read; all members are NULL until they are said. */
typedef struct {
    char *index; /* "0" of lxc.net.0; NULL: lxc.network */
    const LxcLine *type;
    const LxcLine *link;
    const LxcLine *hwaddr;
    const LxcLine *flags;
    const LxcLine *name;
    const LxcLine *mode;
    const LxcLine *vlan;
    const LxcLine *mtu;
    const LxcLine *pair;
    const LxcLine *gateway4;
    const LxcLine *gateway6;
    GPtrArray *addresses; /* of const LxcLine * */
} LxcNetwork;

typedef struct {
    const char *suffix;
    const char *old; /* of lxc.network */
    size_t member;
} LxcSuffix;

#define SUFFIX(suffix, old, name)               \
    {                                           \
        suffix, old, offsetof(LxcNetwork, name) \
    }

static const LxcSuffix suffixes[] = {
    SUFFIX("type", "type", type),
    SUFFIX("link", "link", link),
    SUFFIX("hwaddr", "hwaddr", hwaddr),
    SUFFIX("flags", "flags", flags),
    SUFFIX("name", "name", name),
    SUFFIX("macvlan.mode", "macvlan.mode", mode),
    SUFFIX("vlan.id", "vlan.id", vlan),
    SUFFIX("mtu", "mtu", mtu),
    SUFFIX("veth.pair", "veth.pair", pair),
    SUFFIX("ipv4.gateway", "ipv4.gateway", gateway4),
    SUFFIX("ipv6.gateway", "ipv6.gateway", gateway6),
};

static void
network_free(void *data)
{
    LxcNetwork *network = data;

    g_free(network->index);
    g_ptr_array_unref(network->addresses);
    g_free(network);
}

GPtrArray *
lxc_networks_new(void)
{
    return g_ptr_array_new_with_free_func(network_free);
}

static LxcNetwork *
network_add(LxcConfig *config, const LxcLine *line, const char *index, GError **error)
{
    LxcNetwork *network;

    if (config->networks->len >= NETWORKS_MAX) {
        lxc_bad(line, "there are too many network devices", error);
        return NULL;
    }
    network = g_new0(LxcNetwork, 1);
    network->index = g_strdup(index);
    network->addresses = g_ptr_array_new();
    g_ptr_array_add(config->networks, network);
    if (index)
        g_hash_table_insert(config->network_indexes, network->index, network);
    return network;
}

/* The device that a line of lxc.network is about: every type begins one. */
static LxcNetwork *
network_of_old(LxcConfig *config, const LxcLine *line, const char *suffix, GError **error)
{
    GPtrArray *networks = config->networks;

    if (g_str_equal(suffix, "type"))
        return network_add(config, line, NULL, error);
    if (networks->len == 0) {
        lxc_bad(line, "an lxc.network.type must come before it", error);
        return NULL;
    }
    return networks->pdata[networks->len - 1];
}

static LxcNetwork *
network_of_index(LxcConfig *config, const LxcLine *line, const char *index, GError **error)
{
    LxcNetwork *network = g_hash_table_lookup(config->network_indexes, index);

    return network ? network : network_add(config, line, index, error);
}

static bool
network_set(LxcConfig *config, const LxcLine *line, LxcNetwork *network, const char *suffix)
{
    bool old = network->index == NULL;
    size_t i;

    if (g_str_equal(suffix, old ? "ipv4" : "ipv4.address") ||
        g_str_equal(suffix, old ? "ipv6" : "ipv6.address")) {
        if (line->value[0] == '\0')
            g_ptr_array_set_size(network->addresses, 0);
        else
            g_ptr_array_add(network->addresses, (gpointer)line);
        return true;
    }
    for (i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        if (g_str_equal(suffix, old ? suffixes[i].old : suffixes[i].suffix)) {
            *(const LxcLine **)((char *)network + suffixes[i].member) =
                line->value[0] != '\0' ? line : NULL;
            return true;
        }
    }
    if (line->value[0] != '\0')
        native_ignore(config->report, "%s (line %u)", line->key, line->number);
    return true;
}

static bool
networks_reset(LxcConfig *config, const LxcLine *line, GError **error)
{
    if (line->value[0] != '\0')
        return lxc_bad(line, "it can only be reset, with an empty value", error);
    g_hash_table_remove_all(config->network_indexes);
    g_ptr_array_set_size(config->networks, 0);
    return true;
}

bool
lxc_network_read(LxcConfig *config, const LxcLine *line, GError **error)
{
    g_autofree char *index = NULL;
    LxcNetwork *network;
    const char *suffix;
    const char *at;

    if (g_str_has_prefix(line->key, "lxc.network.")) {
        suffix = line->key + strlen("lxc.network.");
        network = network_of_old(config, line, suffix, error);
    } else if (g_str_has_prefix(line->key, "lxc.net.")) {
        at = line->key + strlen("lxc.net.");
        suffix = at + strspn(at, "0123456789");
        if (suffix == at || suffix[0] != '.')
            return lxc_bad(line, "the key must be lxc.net.NUMBER.WORD", error);
        index = g_strndup(at, suffix - at);
        suffix++;
        network = network_of_index(config, line, index, error);
    } else {
        return networks_reset(config, line, error);
    }
    return network && network_set(config, line, network, suffix);
}

/* ADDRESS/PREFIX, perhaps with the broadcast address behind it, which follows from the two. */
static bool
finish_address(Kept *device, const LxcLine *line, GError **error)
{
    g_autofree char *address = g_strndup(line->value, strcspn(line->value, " \t"));
    unsigned char bytes[sizeof(struct in6_addr)];
    char *slash = strchr(address, '/');
    bool v6 = strchr(address, ':') != NULL;
    uint64_t prefix;
    Kept *ip;

    if (slash)
        *slash++ = '\0';
    if (!slash || !g_ascii_string_to_unsigned(slash, 10, 0, v6 ? 128 : 32, &prefix, NULL) ||
        inet_pton(v6 ? AF_INET6 : AF_INET, address, bytes) != 1)
        return lxc_bad(line, "an address with its prefix such as '192.0.2.7/24' is needed", error);
    ip = build_child(device, "ip", "address", address);
    kept_set_attribute(ip, "family", v6 ? "ipv6" : "ipv4");
    kept_set_attribute(ip, "prefix", slash);
    return true;
}

static bool
finish_gateway(LxcConfig *config, Kept *device, const LxcLine *line, bool v6, GError **error)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    Kept *route;

    if (!line)
        return true;
    if (g_str_equal(line->value, "auto") || g_str_equal(line->value, "dev")) {
        native_ignore(config->report, "%s '%s' (line %u)", line->key, line->value, line->number);
        return true;
    }
    if (inet_pton(v6 ? AF_INET6 : AF_INET, line->value, bytes) != 1)
        return lxc_bad(line, v6 ? "an IPv6 address is needed" : "an IPv4 address is needed", error);
    route = build_child(device, "route", "family", v6 ? "ipv6" : "ipv4");
    kept_set_attribute(route, "address", v6 ? "::" : "0.0.0.0");
    kept_set_attribute(route, "gateway", line->value);
    return true;
}

static bool
finish_addresses(LxcConfig *config, const LxcNetwork *network, Kept *device, GError **error)
{
    guint i;

    for (i = 0; i < network->addresses->len; i++) {
        if (!finish_address(device, network->addresses->pdata[i], error))
            return false;
    }
    return finish_gateway(config, device, network->gateway4, false, error) &&
           finish_gateway(config, device, network->gateway6, true, error);
}

/* Anything but six bytes is a template, "02:00:00:xx:xx:xx": libvirt makes up an address. */
static void
finish_hwaddr(LxcConfig *config, const LxcNetwork *network, Kept *interface)
{
    const char *value = network->hwaddr ? network->hwaddr->value : NULL;
    size_t i;

    if (!value)
        return;
    for (i = 0; i < 17 && value[i]; i++) {
        if (i % 3 == 2 ? value[i] != ':' : !g_ascii_isxdigit(value[i]))
            break;
    }
    if (i == 17 && value[i] == '\0')
        build_child(interface, "mac", "address", value);
    else
        native_note(config->report, "'%s' (line %u) is no MAC address, so one is made up", value,
                    network->hwaddr->number);
}

static Kept *
finish_direct(LxcConfig *config, const LxcNetwork *network)
{
    static const char *const modes[] = { "private", "vepa", "bridge", NULL };
    Kept *interface = build_kept(config->definition, "devices/interface", "interface");
    const char *mode = network->mode ? network->mode->value : "private";
    Kept *source;

    if (g_str_equal(mode, "passthru"))
        mode = "passthrough";
    if (!g_strv_contains(modes, mode) && !g_str_equal(mode, "passthrough")) {
        native_note(config->report, "macvlan mode '%s' (line %u) is unknown, vepa is assumed", mode,
                    network->mode->number);
        mode = "vepa";
    }
    kept_set_attribute(interface, "type", "direct");
    source = build_child(interface, "source", "dev", network->link->value);
    kept_set_attribute(source, "mode", mode);
    return interface;
}

static Kept *
finish_veth(LxcConfig *config, const LxcNetwork *network)
{
    Kept *interface = build_kept(config->definition, "devices/interface", "interface");

    kept_set_attribute(interface, "type", network->link ? "bridge" : "ethernet");
    if (network->link)
        build_child(interface, "source", "bridge", network->link->value);
    if (network->pair)
        build_child(interface, "target", "dev", network->pair->value);
    return interface;
}

/* An <interface>, and what all types of them have. */
static bool
finish_interface(LxcConfig *config, const LxcNetwork *network, GError **error)
{
    bool direct = g_str_equal(network->type->value, "macvlan");
    const LxcLine *flags = network->flags;
    Kept *interface;

    interface = direct ? finish_direct(config, network) : finish_veth(config, network);
    finish_hwaddr(config, network, interface);
    if (network->name)
        build_child(interface, "guest", "dev", network->name->value);
    if (network->mtu)
        build_child(interface, "mtu", "size", network->mtu->value);
    build_child(interface, "link", "state",
                flags && g_str_equal(flags->value, "up") ? "up" : "down");
    return finish_addresses(config, network, interface, error);
}

static bool
finish_device(LxcConfig *config, const LxcNetwork *network, GError **error)
{
    bool vlan = g_str_equal(network->type->value, "vlan");
    g_autofree char *name = NULL;

    if (vlan && !network->vlan)
        return lxc_bad(network->type, "its vlan.id is missing", error);
    name = g_strconcat(network->link->value, vlan ? "." : NULL, vlan ? network->vlan->value : NULL,
                       NULL);
    if (network->name)
        native_ignore(config->report, "%s (line %u)", network->name->key, network->name->number);
    if (vlan)
        native_note(config->report, "the VLAN device '%s' must be on the host before a start",
                    name);
    return finish_addresses(config, network, build_network_device(config->definition, name), error);
}

/* One device; *ret_made tells whether the container gets one. */
static bool
finish_network(LxcConfig *config, const LxcNetwork *network, bool *ret_made, GError **error)
{
    static const char *const nothing[] = { "empty", "none", NULL };
    static const char *const moved[] = { "phys", "vlan", NULL };
    const char *type = network->type ? network->type->value : NULL;

    if (!type || g_strv_contains(nothing, type))
        return true;
    *ret_made = true;
    if ((g_strv_contains(moved, type) || g_str_equal(type, "macvlan")) && !network->link)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "line %u, '%s = %s': its link, a network device of the host, is missing",
                    network->type->number, network->type->key, type);
    if (g_str_equal(type, "veth") || g_str_equal(type, "macvlan"))
        return finish_interface(config, network, error);
    if (g_strv_contains(moved, type))
        return finish_device(config, network, error);
    return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                "line %u, '%s = %.64s': a domain cannot have such a device; veth, macvlan, phys, "
                "vlan, empty and none are possible",
                network->type->number, network->type->key, type);
}

bool
lxc_network_finish(LxcConfig *config, GError **error)
{
    const LxcLine *none = NULL;
    bool made = false;
    guint i;

    for (i = 0; i < config->networks->len; i++) {
        const LxcNetwork *network = config->networks->pdata[i];

        if (network->type && g_str_equal(network->type->value, "none"))
            none = network->type;
        if (!finish_network(config, network, &made, error))
            return false;
    }
    if (none && made)
        native_note(config->report,
                    "'%s = none' (line %u) has no effect beside another network device", none->key,
                    none->number);
    if (!made && !none && !config->definition->sharing.net.source)
        config->definition->features.privnet = true;
    return true;
}
