/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <ip> and <route>: rows. */
#include "xml/element-address.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include "xml/elements.h"

static const char *const families[] = { "", "ipv4", "ipv6", NULL };

typedef struct {
    Family family;
    unsigned char bytes[16];
} Bytes;

static bool
bytes_parse(const char *text, Bytes *ret_bytes)
{
    Bytes bytes = { FAMILY_NONE, { 0 } };

    if (inet_pton(AF_INET, text, bytes.bytes) == 1)
        bytes.family = FAMILY_IPV4;
    else if (inet_pton(AF_INET6, text, bytes.bytes) == 1)
        bytes.family = FAMILY_IPV6;
    else
        return false;
    *ret_bytes = bytes;
    return true;
}

static bool
fail_text(FailureCode code, const char *attribute, const char *element, const char *text,
          GError **error)
{
    return fail(error, code, "invalid value '%.64s' for attribute '%s' of <%s>: %s", text,
                attribute, element,
                "an address such as 10.0.0.7 or fd00::7, of the family that attribute 'family' "
                "says, is needed");
}

static bool
check_prefix(const char *element, Family family, uint64_t prefix, GError **error)
{
    unsigned max = family == FAMILY_IPV4 ? 32 : 128;

    if (prefix <= max)
        return true;
    return fail(error, FAILURE_XML,
                "invalid value '%" G_GUINT64_FORMAT
                "' for attribute 'prefix' of <%s>: at most %u is possible for %s",
                prefix, element, max, families[family]);
}

static const XmlField ip_fields[] = {
    { "@address", FIELD_STRING, offsetof(IpAddress, address), FIELD_REQUIRED },
    { "@family", FIELD_ENUM, offsetof(IpAddress, family), .names = families },
    { "@prefix", FIELD_UINT, offsetof(IpAddress, prefix), .max = UINT32_MAX },
    { "@peer", FIELD_STRING, offsetof(IpAddress, peer) },
    { NULL },
};

static bool
ip_finish(const XmlContext *context, void *object, xmlNode *node, GError **error)
{
    IpAddress *ip = object;
    Bytes bytes;

    if (!bytes_parse(ip->address, &bytes) || (ip->family && ip->family != bytes.family))
        return fail_text(FAILURE_XML, "address", "ip", ip->address, error);
    ip->family = bytes.family;
    if (ip->peer && (!bytes_parse(ip->peer, &bytes) || bytes.family != ip->family))
        return fail_text(FAILURE_INVALID_ARG, "peer", "ip", ip->peer, error);
    return check_prefix("ip", ip->family, ip->prefix, error);
}

static void ip_free(void *ip);

const XmlType ip_type = { "ip", sizeof(IpAddress), ip_fields, .free = ip_free,
                          .finish = ip_finish };

static void
ip_free(void *ip)
{
    xml_free(&ip_type, ip);
}

static const XmlField route_fields[] = {
    { "@family", FIELD_ENUM, offsetof(IpRoute, family), .names = families },
    { "@address", FIELD_STRING, offsetof(IpRoute, address), FIELD_REQUIRED },
    { "@netmask", FIELD_STRING, offsetof(IpRoute, netmask) },
    { "@prefix", FIELD_UINT, offsetof(IpRoute, prefix), .absent = -1, .max = UINT32_MAX },
    { "@gateway", FIELD_STRING, offsetof(IpRoute, gateway), FIELD_REQUIRED },
    { "@metric", FIELD_UINT, offsetof(IpRoute, metric), FIELD_NONZERO, .max = UINT32_MAX },
    { NULL },
};

/* Number of leading one bits; 33 for a mask with a hole. */
static unsigned
mask_bits(const unsigned char mask[4])
{
    guint32 value =
        (guint32)mask[0] << 24 | (guint32)mask[1] << 16 | (guint32)mask[2] << 8 | mask[3];
    unsigned bits = 0;

    while (value & 0x80000000) {
        value <<= 1;
        bits++;
    }
    return value == 0 ? bits : 33;
}

static bool
is_zero(const unsigned char *bytes, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++) {
        if (bytes[i])
            return false;
    }
    return true;
}

static unsigned
natural_prefix(const Bytes *network)
{
    if (is_zero(network->bytes, sizeof(network->bytes)))
        return 0;
    if (network->family == FAMILY_IPV6)
        return 64;
    return network->bytes[0] < 128 ? 8 : network->bytes[0] < 192 ? 16 : 24;
}

unsigned
ip_route_prefix(const IpRoute *route)
{
    Bytes network;
    Bytes mask;

    if (route->prefix != ROUTE_PREFIX_UNSET)
        return (unsigned)route->prefix;
    if (route->netmask && bytes_parse(route->netmask, &mask))
        return mask_bits(mask.bytes);
    return bytes_parse(route->address, &network) ? natural_prefix(&network) : 0;
}

/* The bits behind the prefix are 0. */
static bool
is_network(const Bytes *address, unsigned prefix)
{
    size_t length = address->family == FAMILY_IPV4 ? 4 : 16;
    size_t whole = prefix / 8;

    if (whole >= length)
        return true;
    return !(address->bytes[whole] & (0xff >> prefix % 8)) &&
           is_zero(address->bytes + whole + 1, length - whole - 1);
}

static bool
route_check_mask(const IpRoute *route, Family family, GError **error)
{
    Bytes mask;

    if (!route->netmask)
        return true;
    if (route->prefix != ROUTE_PREFIX_UNSET)
        return fail(error, FAILURE_XML,
                    "<route> to '%s' has both 'netmask' and 'prefix'; remove one of them",
                    route->address);
    if (family == FAMILY_IPV6)
        return fail(error, FAILURE_XML,
                    "<route> to '%s' cannot have 'netmask', which is for IPv4; use 'prefix'",
                    route->address);
    if (!bytes_parse(route->netmask, &mask) || mask.family != FAMILY_IPV4 ||
        mask_bits(mask.bytes) > 32)
        return fail(error, FAILURE_XML,
                    "invalid value '%.64s' for attribute 'netmask' of <route>: a mask such as "
                    "255.255.0.0 is needed",
                    route->netmask);
    return true;
}

static bool
route_finish(const XmlContext *context, void *object, xmlNode *node, GError **error)
{
    IpRoute *route = object;
    Bytes network;
    Bytes gateway;

    if (!bytes_parse(route->address, &network) ||
        (route->family && route->family != network.family))
        return fail_text(FAILURE_XML, "address", "route", route->address, error);
    /* the stock driver takes an IPv6 route only if it says so */
    if (network.family == FAMILY_IPV6)
        route->family = FAMILY_IPV6;
    if (!bytes_parse(route->gateway, &gateway) || gateway.family != network.family)
        return fail_text(FAILURE_XML, "gateway", "route", route->gateway, error);
    if (!route_check_mask(route, network.family, error) ||
        (route->prefix != ROUTE_PREFIX_UNSET &&
         !check_prefix("route", network.family, route->prefix, error)))
        return false;
    if (!is_network(&network, ip_route_prefix(route)))
        return fail(error, FAILURE_XML,
                    "<route> to '%s' with prefix %u is not to a network: bits behind the prefix "
                    "are set; correct 'address' or 'prefix'",
                    route->address, ip_route_prefix(route));
    return true;
}

static void route_free(void *route);

const XmlType route_type = { "route", sizeof(IpRoute), route_fields, .free = route_free,
                             .finish = route_finish };

static void
route_free(void *route)
{
    xml_free(&route_type, route);
}

/* Whether @text is a number up to @max, in either base. */
static bool
read_part(const char *text, uint64_t max, unsigned *ret_part)
{
    char *end;
    uint64_t number;

    if (!text)
        return false;
    number = g_ascii_strtoull(text, &end, 0);
    *ret_part = number;
    return g_ascii_isdigit(*text) && *end == '\0' && number <= max;
}

char *
pci_address_text(const PciAddress *address)
{
    unsigned domain = 0;
    unsigned bus;
    unsigned slot;
    unsigned function;

    if ((address->domain && !read_part(address->domain, UINT32_MAX, &domain)) ||
        !read_part(address->bus, 0xff, &bus) || !read_part(address->slot, 0x1f, &slot) ||
        !read_part(address->function, 7, &function))
        return NULL;
    return g_strdup_printf("%04x:%02x:%02x.%x", domain, bus, slot, function);
}
