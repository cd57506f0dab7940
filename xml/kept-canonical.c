/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The canonical form of kept elements. */
#include "xml/kept-canonical.h"

#include <string.h>

#include "xml/definition.h"

/* Canonical order of attributes and children; what is not listed comes after, in the order it came.
 */
typedef struct {
    const char *name; /* "interface", or parent and child: "interface/ip" */
    const char *attributes;
    const char *children;
} KeptOrder;

static const KeptOrder orders[] = {
    { "interface", "type managed trustGuestRxFilters",
      "mac source vlan virtualport bandwidth port ip route portForward script downscript "
      "backenddomain target guest model driver backend filterref tune teaming link mtu coalesce "
      "boot "
      "alias rom acpi address" },
    { "interface/mac", "address type check currentAddress", "" },
    { "interface/ip", "address family prefix peer", "" },
    { "interface/route", "family address netmask prefix gateway metric", "" },
    { "interface/target", "dev managed", "" },
    { "interface/guest", "dev actual", "" },
    { "disk", "type device model rawio sgio snapshot",
      "driver auth source backingStore geometry blockio mirror target iotune readonly shareable "
      "transient serial wwn vendor product encryption boot alias address" },
    { "disk/driver", "name type cache", "" },
    { "disk/target", "dev bus", "" },
    { "controller", "type index model", "" },
    { "hostdev", "mode type managed", "source ip route boot rom alias address" },
    { "hostdev/source", "startupPolicy missing", "vendor product address block char interface" },
    { "seclabel", "type model relabel", "label imagelabel baselabel" },
    { "blkiotune", "", "weight device" },
    { "blkiotune/device", "",
      "path weight read_iops_sec write_iops_sec read_bytes_sec write_bytes_sec" },
    { "numatune", "", "memory memnode" },
    { "numatune/memory", "mode nodeset placement", "" },
    { "memoryBacking", "", "hugepages nosharepages locked source access allocation discard" },
};

static const KeptOrder *
order_find(const char *parent, const char *name)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(orders); i++) {
        const char *at = orders[i].name;

        if (parent) {
            size_t length = strlen(parent);

            if (strncmp(at, parent, length) != 0 || at[length] != '/')
                continue;
            at += length + 1;
        }
        if (g_str_equal(at, name))
            return &orders[i];
    }
    return NULL;
}

/* Position of @name among @words. */
static int
order_rank(const char *words, const char *name)
{
    size_t length = strlen(name);
    int rank = 0;

    while (*words) {
        size_t word = strcspn(words, " ");

        if (word == length && strncmp(words, name, length) == 0)
            return rank;
        words += word;
        words += *words == ' ';
        rank++;
    }
    return rank;
}

static gint
compare_children(gconstpointer one, gconstpointer other, gpointer words)
{
    const Kept *const *left = one;
    const Kept *const *right = other;

    return order_rank(words, (*left)->name) - order_rank(words, (*right)->name);
}

static gint
compare_attributes(gconstpointer one, gconstpointer other, gpointer words)
{
    const KeptAttribute *const *left = one;
    const KeptAttribute *const *right = other;

    return order_rank(words, (*left)->name) - order_rank(words, (*right)->name);
}

static void
kept_sort(Kept *kept, const char *parent)
{
    const KeptOrder *order = order_find(parent, kept->name);
    guint i;

    if (order) {
        /* GLib's sort is stable: what is not listed and what repeats keeps its order */
        g_ptr_array_sort_with_data(kept->attributes, compare_attributes,
                                   (gpointer)order->attributes);
        g_ptr_array_sort_with_data(kept->children, compare_children, (gpointer)order->children);
    }
    for (i = 0; !parent && order && i < kept->children->len; i++)
        kept_sort(kept->children->pdata[i], kept->name);
}

static void
kept_remove_children(Kept *kept, const char *name)
{
    GPtrArray *left;
    guint i;

    if (!kept_child(kept, name))
        return;
    left = g_ptr_array_new_with_free_func((GDestroyNotify)kept_free);
    for (i = 0; i < kept->children->len; i++) {
        Kept *child = kept->children->pdata[i];

        if (g_str_equal(child->name, name))
            continue;
        g_ptr_array_add(left, child);
        kept->children->pdata[i] = NULL;
    }
    g_ptr_array_unref(kept->children);
    kept->children = left;
}

static void
kept_remove_attribute(Kept *kept, const char *child, const char *name)
{
    Kept *found = kept_child(kept, child);

    if (!found)
        return;
    kept_set_attribute(found, name, NULL);
    if (found->attributes->len == 0 && found->children->len == 0 && !found->text)
        g_ptr_array_remove(kept->children, found);
}

/* Names that libvirt makes up for host devices are no configuration. */
static bool
is_generated_name(const char *name)
{
    return g_str_has_prefix(name, "vnet") || g_str_has_prefix(name, "macvtap") ||
           g_str_has_prefix(name, "macvlan");
}

static void
interface_make_inactive(Kept *kept)
{
    const Kept *target = kept_child(kept, "target");
    const char *device = target ? kept_attribute(target, "dev") : NULL;
    Kept *source = kept_child(kept, "source");

    if (device && is_generated_name(device))
        kept_remove_attribute(kept, "target", "dev");
    kept_remove_attribute(kept, "guest", "actual");
    if (source && kept_attribute(source, "network")) {
        kept_set_attribute(source, "portid", NULL);
        kept_set_attribute(source, "bridge", NULL);
    }
}

void
kept_make_inactive(Kept *kept)
{
    const char *type = kept_attribute(kept, "type");

    if (!g_str_has_prefix(kept->place, "devices/")) {
        if (g_str_equal(kept->name, "seclabel") && (!type || g_str_equal(type, "dynamic"))) {
            kept_remove_children(kept, "label");
            kept_remove_children(kept, "imagelabel");
        }
        return;
    }
    kept_remove_children(kept, "alias");
    if (g_str_equal(kept->name, "interface"))
        interface_make_inactive(kept);
    if (g_str_equal(kept->name, "hostdev"))
        kept_remove_attribute(kept, "source", "missing");
}

static bool
mac_parse(const char *text, unsigned char mac[6])
{
    int i;

    for (i = 0; i < 6; i++) {
        int high = g_ascii_xdigit_value(text[0]);
        int low = high < 0 ? -1 : g_ascii_xdigit_value(text[1]);

        if (high < 0)
            return false;
        /* one digit is enough: "2:0:0:0:0:1" */
        mac[i] = (unsigned char)(low < 0 ? high : high * 16 + low);
        text += low < 0 ? 1 : 2;
        if (i < 5 && *text++ != ':')
            return false;
    }
    return *text == '\0';
}

static bool
interface_set_mac(Kept *kept, GError **error)
{
    Kept *mac = kept_child(kept, "mac");
    const char *given = mac ? kept_attribute(mac, "address") : NULL;
    unsigned char address[6] = { 0 };
    char text[18];

    if (given && (!mac_parse(given, address) || (address[0] & 1)))
        return fail(error, FAILURE_XML,
                    "invalid value '%s' for attribute 'address' of <mac> in <interface>: six bytes "
                    "such as 52:54:00:0b:0c:01, and no multicast address, are needed",
                    given);
    if (!given || memcmp(address, "\0\0\0\0\0\0", 6) == 0) {
        guint32 random = g_random_int();

        memcpy(address, "\x52\x54\x00", 3);
        memcpy(address + 3, &random, 3);
    }
    if (!mac) {
        mac = kept_new("mac");
        g_ptr_array_insert(kept->children, 0, mac);
    }
    g_snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", address[0], address[1],
               address[2], address[3], address[4], address[5]);
    kept_set_attribute(mac, "address", text);
    return true;
}

static bool
interface_complete(Kept *kept, GError **error)
{
    guint i;

    if (!kept_attribute(kept, "type"))
        kept_set_attribute(kept, "type", "user");
    for (i = 0; i < kept->children->len; i++) {
        Kept *ip = kept->children->pdata[i];
        const char *address = kept_attribute(ip, "address");

        if (g_str_equal(ip->name, "ip") && address && !kept_attribute(ip, "family"))
            kept_set_attribute(ip, "family", strchr(address, ':') ? "ipv6" : "ipv4");
    }
    return interface_set_mac(kept, error);
}

static void
hostdev_complete(Kept *kept)
{
    if (!kept_attribute(kept, "mode"))
        kept_set_attribute(kept, "mode", "subsystem");
    if (g_str_equal(kept_attribute(kept, "mode"), "subsystem") && !kept_attribute(kept, "managed"))
        kept_set_attribute(kept, "managed", "no");
}

static void
seclabel_complete(Kept *kept, const DefinitionDefaults *defaults)
{
    const char *type;

    if (!kept_attribute(kept, "type"))
        kept_set_attribute(kept, "type", "dynamic");
    type = kept_attribute(kept, "type");
    if (!kept_attribute(kept, "model") && defaults && defaults->security_model &&
        (g_str_equal(type, "none") || !kept_child(kept, "baselabel")))
        kept_set_attribute(kept, "model", defaults->security_model);
    if (!g_str_equal(type, "none") && !kept_attribute(kept, "relabel"))
        kept_set_attribute(kept, "relabel", g_str_equal(type, "dynamic") ? "yes" : "no");
}

bool
kept_make_canonical(Kept *kept, const XmlContext *context, GError **error)
{
    if (!context->live)
        kept_make_inactive(kept);
    if (g_str_equal(kept->place, "devices/interface") && !interface_complete(kept, error))
        return false;
    if (g_str_equal(kept->place, "devices/hostdev"))
        hostdev_complete(kept);
    if (g_str_equal(kept->place, "seclabel"))
        seclabel_complete(kept, context->defaults);
    kept_sort(kept, NULL);
    return true;
}
