/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <virtualport> and <vlan>: rows. */
#include "xml/element-virtualport.h"

#include <stddef.h>

#include "xml/elements.h"
#include "xml/uuid.h"

#define VLAN_MAX 4095

static const char *const types[] = { "", "802.1Qbg", "802.1Qbh", "openvswitch", "midonet", NULL };
static const char *const native_modes[] = { "", "tagged", "untagged", NULL };

#define PORT(member) offsetof(VirtualPort, member)

static const XmlField port_fields[] = {
    { "@type", FIELD_ENUM, PORT(type), .names = types, .bad = FAILURE_CONFIG_UNSUPPORTED },
    { "parameters/@managerid", FIELD_STRING, PORT(manager_id) },
    { "parameters/@typeid", FIELD_STRING, PORT(type_id) },
    { "parameters/@typeidversion", FIELD_STRING, PORT(type_id_version) },
    { "parameters/@instanceid", FIELD_STRING, PORT(instance_id) },
    { "parameters/@interfaceid", FIELD_STRING, PORT(interface_id) },
    { "parameters/@profileid", FIELD_STRING, PORT(profile_id) },
    { NULL },
};

static bool
canonical_uuid(char **member, const char *attribute, GError **error)
{
    g_autofree char *given = *member;

    *member = NULL;
    if (!given || (*member = uuid_canonical(given)))
        return true;
    return fail(error, FAILURE_XML,
                "invalid value '%.64s' for attribute '%s' of <parameters> in <virtualport>: a UUID "
                "is needed",
                given, attribute);
}

static bool
port_finish(const XmlContext *context, void *object, xmlNode *node, GError **error)
{
    VirtualPort *port = object;

    port->present = true;
    if (!canonical_uuid(&port->interface_id, "interfaceid", error) ||
        !canonical_uuid(&port->instance_id, "instanceid", error))
        return false;
    if (port->type == VIRTUAL_PORT_OPENVSWITCH && !port->interface_id)
        port->interface_id = g_uuid_string_random();
    if (port->type == VIRTUAL_PORT_MIDONET && !port->interface_id)
        return fail(error, FAILURE_XML,
                    "missing attribute 'interfaceid' of <parameters> in <virtualport "
                    "type='midonet'>");
    if (port->type == VIRTUAL_PORT_8021QBH && !port->profile_id)
        return fail(error, FAILURE_XML,
                    "missing attribute 'profileid' of <parameters> in <virtualport "
                    "type='802.1Qbh'>");
    return true;
}

const XmlType virtual_port_type = { "virtualport", sizeof(VirtualPort), port_fields,
                                    .finish = port_finish };

static const XmlField tag_fields[] = {
    { "@id", FIELD_UINT, offsetof(VlanTag, id), FIELD_REQUIRED | FIELD_ALWAYS, .max = VLAN_MAX },
    { "@nativeMode", FIELD_ENUM, offsetof(VlanTag, native_mode), .names = native_modes },
    { NULL },
};

static const XmlType tag_type = { "tag", sizeof(VlanTag), tag_fields, .free = g_free };

static const char *const trunk_words[] = { "no", "yes", NULL };

static const XmlField vlan_fields[] = {
    { "@trunk", FIELD_BOOL, offsetof(Vlan, trunk), .names = trunk_words },
    { "tag", FIELD_STRUCTS, offsetof(Vlan, tags), .type = &tag_type },
    { NULL },
};

static bool
vlan_finish(const XmlContext *context, void *object, xmlNode *node, GError **error)
{
    g_autofree char *said = xml_attribute(node, "trunk");
    Vlan *vlan = object;
    guint i;

    if (vlan->tags->len == 0)
        return fail(error, FAILURE_XML, "missing element <tag> in <vlan>; name at least one");
    if (said && !vlan->trunk && vlan->tags->len > 1)
        return fail(error, FAILURE_XML,
                    "invalid value 'no' for attribute 'trunk' of <vlan>: %u tags are a trunk",
                    vlan->tags->len);
    for (i = 0; i < vlan->tags->len; i++)
        vlan->trunk |= ((const VlanTag *)vlan->tags->pdata[i])->native_mode != 0;
    vlan->trunk |= vlan->tags->len > 1;
    return true;
}

const XmlType vlan_type = { "vlan", sizeof(Vlan), vlan_fields, .finish = vlan_finish };
