/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices by themselves, and in a domain. */
#include "xml/device.h"

#include <string.h>

#include "controller/wire/failure.h"
#include "xml/document.h"
#include "xml/elements.h"
#include "xml/kept-xml.h"
#include "xml/validate.h"

#define PLACE "devices/"

struct Device {
    const XmlField *row; /* of the table of <domain>: what it is, and where it belongs */
    void *object;        /* struct of row->type, or Kept */
    bool names_address;  /* interface: the address was in the document, not made up */
};

static Device *
device_new(const XmlField *row, void *object)
{
    Device *device = g_new0(Device, 1);

    device->row = row;
    device->object = object;
    return device;
}

void
device_free(Device *device)
{
    if (!device)
        return;
    if (device->row->kind == FIELD_STRUCTS)
        device->row->type->free(device->object);
    else
        kept_free(device->object);
    g_free(device);
}

const char *
device_name(const Device *device)
{
    return device->row->path + strlen(PLACE);
}

static const void *
device_object(const Device *device, const XmlType *type)
{
    return device->row->type == type ? device->object : NULL;
}

const Interface *
device_interface(const Device *device)
{
    return device_object(device, &interface_type);
}

const Disk *
device_disk(const Device *device)
{
    return device_object(device, &disk_type);
}

const Filesystem *
device_filesystem(const Device *device)
{
    return device_object(device, &filesystem_type);
}

const Hostdev *
device_hostdev(const Device *device)
{
    return device_object(device, &hostdev_type);
}

const Console *
device_console(const Device *device)
{
    return device_object(device, &console_type);
}

/* The row of devices with this name, or NULL. */
static const XmlField *
device_row(const xmlNode *node)
{
    const XmlField *row;

    for (row = domain_type.fields; row->path; row++) {
        if ((row->kind == FIELD_STRUCTS || row->kind == FIELD_KEPT || row->kind == FIELD_REFUSED) &&
            g_str_has_prefix(row->path, PLACE) && !(row->flags & FIELD_DRAFT) &&
            xml_node_is(node, row->path + strlen(PLACE)))
            return row;
    }
    return NULL;
}

static Device *
device_read(const XmlContext *context, xmlNode *node, GError **error)
{
    const XmlField *row = device_row(node);
    g_autoptr(Device) device = NULL;
    xmlNode *mac;

    if (!row || row->kind == FIELD_REFUSED) {
        fail(error, row ? FAILURE_CONFIG_UNSUPPORTED : FAILURE_XML,
             row ? "<%s> is not possible for a container" : "<%s> is no device",
             (const char *)node->name);
        return NULL;
    }
    if (row->kind == FIELD_KEPT)
        return device_new(row, kept_read(context, node, row->path));
    device = device_new(row, xml_new(row->type));
    if (!xml_read(row->type, context, node, device->object, error))
        return NULL;
    mac = xml_child(node, "mac");
    if (mac) {
        g_autofree char *address = xml_attribute(mac, "address");

        device->names_address = address != NULL;
    }
    return g_steal_pointer(&device);
}

Device *
device_parse(const char *xml, const DefinitionDefaults *defaults, DefinitionParseFlags flags,
             GError **error)
{
    g_autoptr(xmlDoc) document = document_parse(xml, error);
    XmlContext context = {
        .live = !(flags & DEFINITION_INACTIVE),
        .trusted = flags & DEFINITION_TRUSTED,
        .defaults = defaults,
    };

    if (!document ||
        ((flags & DEFINITION_VALIDATE) &&
         !validate_document(document, defaults ? defaults->schema_directory : NULL, error)))
        return NULL;
    return device_read(&context, xmlDocGetRootElement(document), error);
}

char *
device_format(const Device *device, bool live, DefinitionFormatFlags flags)
{
    XmlWriter writer = {
        .out = g_string_new(NULL),
        .live = live && !(flags & DEFINITION_FORMAT_INACTIVE),
        .secure = flags & DEFINITION_FORMAT_SECURE,
        .migratable = flags & DEFINITION_FORMAT_MIGRATABLE,
    };

    if (device->row->kind == FIELD_KEPT) {
        kept_print(&writer, device->object);
    } else {
        writer_open(&writer, device_name(device));
        xml_print(device->row->type, &writer, device->object);
        writer_close(&writer, device_name(device));
    }
    return g_string_free(writer.out, FALSE);
}

static GPtrArray *
device_siblings(const Definition *definition, const XmlField *row)
{
    return *(GPtrArray *const *)((const char *)definition + row->offset);
}

static bool
is_same_interface(const Device *wanted, const Interface *other)
{
    const Interface *interface = wanted->object;

    if (wanted->names_address)
        return g_str_equal(interface->mac, other->mac);
    return (interface->target || interface->guest) &&
           (!interface->target || g_strcmp0(interface->target, other->target) == 0) &&
           (!interface->guest || g_strcmp0(interface->guest, other->guest) == 0);
}

/* Equal in all that is configured. */
static bool
is_same_text(const Device *wanted, void *other)
{
    Device borrowed = { .row = wanted->row, .object = other };
    g_autofree char *left = device_format(wanted, false, DEFINITION_FORMAT_SECURE);
    g_autofree char *right = device_format(&borrowed, false, DEFINITION_FORMAT_SECURE);

    return g_str_equal(left, right);
}

static bool
is_meant(const Device *wanted, void *other)
{
    const XmlType *type = wanted->row->type;

    if (wanted->row->kind == FIELD_KEPT && ((const Kept *)other)->place != wanted->row->path)
        return false;
    if (type == &interface_type)
        return is_same_interface(wanted, other);
    if (type == &disk_type)
        return g_str_equal(device_disk(wanted)->target, ((const Disk *)other)->target);
    if (type == &filesystem_type)
        return g_str_equal(device_filesystem(wanted)->target, ((const Filesystem *)other)->target);
    return is_same_text(wanted, other);
}

/* What the user said of the device, for a message. */
static char *
device_words(const Device *device)
{
    const Interface *interface = device_interface(device);

    if (interface && device->names_address)
        return g_strdup_printf("<interface> with address %s", interface->mac);
    if (interface && (interface->target || interface->guest))
        return g_strdup_printf("<interface> with name '%s'",
                               interface->target ? interface->target : interface->guest);
    if (device_disk(device))
        return g_strdup_printf("<disk> with target '%s'", device_disk(device)->target);
    if (device_filesystem(device))
        return g_strdup_printf("<filesystem> with target '%s'", device_filesystem(device)->target);
    return g_strdup_printf("such <%s>", device_name(device));
}

static bool
device_locate(const Definition *definition, const Device *device, guint *ret_index, GError **error)
{
    const GPtrArray *siblings = device_siblings(definition, device->row);
    g_autofree char *words = device_words(device);
    guint found = siblings->len;
    guint i;

    for (i = 0; i < siblings->len; i++) {
        if (!is_meant(device, siblings->pdata[i]))
            continue;
        if (found < siblings->len)
            return fail(error, FAILURE_OPERATION_FAILED,
                        "the domain has more than one %s; say more of it", words);
        found = i;
    }
    if (found == siblings->len)
        return fail(error, FAILURE_NO_DEVICE, "the domain has no %s", words);
    *ret_index = found;
    return true;
}

static Device *
device_copy(const XmlField *row, const void *object)
{
    void *copy;

    if (row->kind == FIELD_KEPT)
        return device_new(row, kept_copy(object));
    copy = g_malloc(row->type->size);
    xml_copy(row->type, copy, object);
    return device_new(row, copy);
}

Device *
device_find(const Definition *definition, const Device *device, GError **error)
{
    guint index;

    if (!device_locate(definition, device, &index, error))
        return NULL;
    return device_copy(device->row, device_siblings(definition, device->row)->pdata[index]);
}

static const char *
device_alias(const XmlField *row, const void *object)
{
    const XmlField *field;
    const Kept *alias;

    if (row->kind == FIELD_KEPT) {
        alias = kept_child(object, "alias");
        return alias ? kept_attribute(alias, "name") : NULL;
    }
    for (field = row->type->fields; field->path; field++) {
        if (g_str_equal(field->path, "alias/@name") && field->kind == FIELD_STRING)
            return *(char *const *)((const char *)object + field->offset);
    }
    return NULL;
}

Device *
device_find_alias(const Definition *definition, const char *alias, GError **error)
{
    const XmlField *row;
    guint i;

    for (row = domain_type.fields; row->path; row++) {
        const GPtrArray *siblings;

        if (!g_str_has_prefix(row->path, PLACE) || (row->flags & FIELD_DRAFT) ||
            (row->kind != FIELD_STRUCTS && row->kind != FIELD_KEPT))
            continue;
        siblings = device_siblings(definition, row);
        for (i = 0; i < siblings->len; i++) {
            const void *object = siblings->pdata[i];

            if ((row->kind == FIELD_STRUCTS || ((const Kept *)object)->place == row->path) &&
                g_strcmp0(device_alias(row, object), alias) == 0)
                return device_copy(row, object);
        }
    }
    fail(error, FAILURE_NO_DEVICE, "the domain has no device with the alias '%s'", alias);
    return NULL;
}

/* Takes over @changed if all of it fits together. */
static bool
definition_become(Definition *definition, Definition *changed, GError **error)
{
    Definition old;

    if (!definition_check(changed, error))
        return false;
    old = *definition;
    *definition = *changed;
    *changed = old;
    return true;
}

static void
renumber_consoles(Definition *definition)
{
    guint i;

    for (i = 0; i < definition->consoles->len; i++)
        ((Console *)definition->consoles->pdata[i])->port = i;
}

static void *
device_take(Device *device)
{
    return g_steal_pointer(&device->object);
}

bool
device_attach(Definition *definition, const Device *device, GError **error)
{
    g_autoptr(Definition) changed = definition_copy(definition);
    Device *copy = device_copy(device->row, device->object);
    const Disk *disk = device_disk(device);
    guint i;

    g_ptr_array_add(device_siblings(changed, device->row), device_take(copy));
    g_free(copy);
    renumber_consoles(changed);
    for (i = 0; disk && i < definition->disks->len; i++) {
        if (is_meant(device, definition->disks->pdata[i]))
            return fail(error, FAILURE_INVALID_ARG,
                        "the domain has a <disk> with target '%s' already; choose another",
                        disk->target);
    }
    return definition_become(definition, changed, error);
}

bool
device_detach(Definition *definition, const Device *device, GError **error)
{
    g_autoptr(Definition) changed = NULL;
    guint index;

    if (!device_locate(definition, device, &index, error))
        return false;
    changed = definition_copy(definition);
    g_ptr_array_remove_index(device_siblings(changed, device->row), index);
    renumber_consoles(changed);
    return definition_become(definition, changed, error);
}

bool
device_update(Definition *definition, const Device *device, GError **error)
{
    g_autoptr(Definition) changed = NULL;
    GPtrArray *siblings;
    Interface *interface;
    Device *copy;
    guint index;

    if (!device_locate(definition, device, &index, error))
        return false;
    changed = definition_copy(definition);
    siblings = device_siblings(changed, device->row);
    copy = device_copy(device->row, device->object);
    if (device_interface(device) && !device->names_address) {
        /* the address that was made up for the document is not meant */
        interface = copy->object;
        g_free(interface->mac);
        interface->mac = g_strdup(((const Interface *)siblings->pdata[index])->mac);
    }
    g_ptr_array_insert(siblings, (gint)index, device_take(copy));
    g_ptr_array_remove_index(siblings, index + 1);
    g_free(copy);
    renumber_consoles(changed);
    return definition_become(definition, changed, error);
}
