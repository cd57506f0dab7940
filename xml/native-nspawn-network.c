/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [Network] of .nspawn files, with the names nspawn gives to its devices. */
#include <string.h>

#include "controller/wire/failure.h"
#include "xml/native-nspawn.h"

#define DEVICE_NAME_MAX 15 /* bytes, IFNAMSIZ without the final NUL */
#define DEVICES_MAX     512

static Kept *
interface_add(const NspawnFile *file, const char *type, const char *attribute, const char *value)
{
    Kept *interface = build_kept(file->definition, "devices/interface", "interface");

    kept_set_attribute(interface, "type", type);
    if (attribute)
        build_child(interface, "source", attribute, value);
    return interface;
}

/* A name that is too long is made up instead, as libvirt does for every device. */
static void
name_devices(Kept *interface, const char *host, const char *guest)
{
    if (host && strlen(host) <= DEVICE_NAME_MAX)
        build_child(interface, "target", "dev", host);
    if (strlen(guest) <= DEVICE_NAME_MAX)
        build_child(interface, "guest", "dev", guest);
}

/* Bridge=, Zone= and VirtualEthernet= are one device; the first that is said wins. */
static bool
read_ethernet(const NspawnFile *file, GError **error)
{
    const NspawnLine *bridge = nspawn_last(file, "Network", "Bridge");
    const NspawnLine *zone = nspawn_last(file, "Network", "Zone");
    g_autofree char *name = NULL;
    bool ethernet = false;

    if (!nspawn_bool(file, "Network", "VirtualEthernet", &ethernet, error))
        return false;
    if (bridge || zone) {
        name = bridge ? g_strdup(bridge->value) : g_strconcat("vz-", zone->value, NULL);
        name_devices(interface_add(file, "bridge", "bridge", name), NULL, "host0");
        if (zone && !bridge)
            native_note(file->report, "the bridge '%s' of Zone= must be on the host before a start",
                        name);
    } else if (ethernet) {
        name = g_strconcat("ve-", file->definition->name, NULL);
        name_devices(interface_add(file, "ethernet", NULL, NULL), name, "host0");
    }
    return true;
}

/* Calls @add with the two names of each word "HOST" or "HOST:GUEST" of a line. */
static bool
each_pair(const NspawnFile *file, const NspawnLine *line,
          void (*add)(const NspawnFile *file, const char *host, const char *guest), GError **error)
{
    g_auto(GStrv) words = g_strsplit_set(line->value, " \t", -1);
    size_t i;

    for (i = 0; words[i]; i++) {
        char *guest = strchr(words[i], ':');

        if (words[i][0] == '\0')
            continue;
        if (guest)
            *guest++ = '\0';
        if (words[i][0] == '\0' || (guest && guest[0] == '\0'))
            return nspawn_bad(line, "a network device, or two with a colon between them, is needed",
                              error);
        if (file->definition->kept->len >= DEVICES_MAX)
            return fail(error, FAILURE_INVALID_ARG, "line %u: there are too many network devices",
                        line->number);
        add(file, words[i], guest);
    }
    return true;
}

static void
add_ethernet(const NspawnFile *file, const char *host, const char *guest)
{
    name_devices(interface_add(file, "ethernet", NULL, NULL), host, guest ? guest : host);
}

static void
add_macvlan(const NspawnFile *file, const char *host, const char *guest)
{
    g_autofree char *name = guest ? g_strdup(guest) : g_strconcat("mv-", host, NULL);
    Kept *interface = interface_add(file, "direct", "dev", host);

    kept_set_attribute(kept_child(interface, "source"), "mode", "bridge");
    name_devices(interface, NULL, name);
}

static void
add_device(const NspawnFile *file, const char *host, const char *guest)
{
    build_network_device(file->definition, host);
    if (guest)
        native_ignore(file->report, "name '%s' of the device '%s' inside", guest, host);
}

static bool
read_extra(const NspawnFile *file, const NspawnLine *line, GError **error)
{
    return each_pair(file, line, add_ethernet, error);
}

static bool
read_macvlan(const NspawnFile *file, const NspawnLine *line, GError **error)
{
    return each_pair(file, line, add_macvlan, error);
}

static bool
read_device(const NspawnFile *file, const NspawnLine *line, GError **error)
{
    return each_pair(file, line, add_device, error);
}

static bool
read_path(const NspawnFile *file, GError **error)
{
    const NspawnLine *line = nspawn_last(file, "Network", "NamespacePath");
    NamespaceShare *share = &file->definition->sharing.net;

    if (!line)
        return true;
    if (!g_str_has_prefix(line->value, "/run/netns/") &&
        !g_str_has_prefix(line->value, "/var/run/netns/"))
        return nspawn_bad(line, "a path below /run/netns is needed", error);
    share->source = NAMESPACE_NETNS;
    build_set(&share->value, strrchr(line->value, '/') + 1);
    return true;
}

/* Any device means a private network; an IPVLAN is none that a domain can have. */
bool
nspawn_network(const NspawnFile *file, GError **error)
{
    bool private = false;

    if (!nspawn_bool(file, "Network", "Private", &private, error) || !read_path(file, error) ||
        !read_ethernet(file, error) ||
        !nspawn_each(file, "Network", "VirtualEthernetExtra", read_extra, error) ||
        !nspawn_each(file, "Network", "MACVLAN", read_macvlan, error) ||
        !nspawn_each(file, "Network", "Interface", read_device, error))
        return false;
    private |= nspawn_last(file, "Network", "IPVLAN") != NULL;
    file->definition->features.privnet =
        private && file->definition->kept->len == 0 && !file->definition->sharing.net.source;
    return true;
}
