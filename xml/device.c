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

void *
device_contents(Device *device)
{
    return device->object;
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

static const char *
alias_of(const XmlField *row, const void *object)
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

static bool
is_meant(const Device *wanted, void *other)
{
    const XmlType *type = wanted->row->type;
    const char *alias;

    if (wanted->row->kind == FIELD_KEPT && ((const Kept *)other)->place != wanted->row->path)
        return false;
    alias = device_alias(wanted);
    if (alias && alias_of(wanted->row, other))
        return g_str_equal(alias, alias_of(wanted->row, other));
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
copy_object(const XmlField *row, const void *object)
{
    Device *device;
    void *copy;

    if (row->kind == FIELD_KEPT)
        return device_new(row, kept_copy(object));
    copy = g_malloc(row->type->size);
    xml_copy(row->type, copy, object);
    device = device_new(row, copy);
    /* a device of a domain has its address */
    device->names_address = true;
    return device;
}

Device *
device_copy(const Device *device)
{
    Device *copy = copy_object(device->row, device->object);

    copy->names_address = device->names_address;
    return copy;
}

static Device *
device_of(const XmlType *type, const void *object)
{
    const XmlField *row = domain_type.fields;

    while (row->type != type)
        row++;
    return copy_object(row, object);
}

Device *
device_of_interface(const Interface *interface)
{
    Device *device = device_of(&interface_type, interface);

    device->names_address = true;
    return device;
}

Device *
device_of_disk(const Disk *disk)
{
    return device_of(&disk_type, disk);
}

const char *
device_alias(const Device *device)
{
    return alias_of(device->row, device->object);
}

/* What the aliases of a kind begin with; the others have none. */
static const struct {
    const XmlType *type;
    const char *prefix;
} alias_kinds[] = {
    { &console_type, "console" }, { &disk_type, "disk" },     { &filesystem_type, "fs" },
    { &hostdev_type, "hostdev" }, { &interface_type, "net" },
};

static bool
alias_is_taken(const GPtrArray *siblings, const XmlField *row, const char *alias)
{
    guint i;

    for (i = 0; i < siblings->len; i++) {
        if (g_strcmp0(alias_of(row, siblings->pdata[i]), alias) == 0)
            return true;
    }
    return false;
}

static const XmlField *
alias_field(const XmlType *type)
{
    const XmlField *field = type->fields;

    while (!g_str_equal(field->path, "alias/@name"))
        field++;
    return field;
}

static void
name_object(const XmlField *row, void *object, const GPtrArray *siblings)
{
    const char *prefix = NULL;
    g_autofree char *alias = NULL;
    unsigned number = 0;
    size_t i;

    for (i = 0; row->kind == FIELD_STRUCTS && i < G_N_ELEMENTS(alias_kinds); i++) {
        if (row->type == alias_kinds[i].type)
            prefix = alias_kinds[i].prefix;
    }
    if (!prefix || alias_of(row, object))
        return;
    do {
        g_free(alias);
        alias = g_strdup_printf("%s%u", prefix, number++);
    } while (alias_is_taken(siblings, row, alias));
    *(char **)((char *)object + alias_field(row->type)->offset) = g_steal_pointer(&alias);
}

void
device_name_alias(Device *device, const Definition *definition)
{
    name_object(device->row, device->object, device_siblings(definition, device->row));
}

void
device_inherit(Device *device, const Device *before)
{
    Interface *interface;
    char **alias;

    if (device->row->type == &interface_type && !device->names_address) {
        interface = device->object;
        g_free(interface->mac);
        interface->mac = g_strdup(device_interface(before)->mac);
        device->names_address = true;
    }
    if (device->row->kind != FIELD_STRUCTS || !device_alias(before))
        return;
    alias = (char **)((char *)device->object + alias_field(device->row->type)->offset);
    g_free(*alias);
    *alias = g_strdup(device_alias(before));
}

void
device_name_all(Definition *definition)
{
    const XmlField *row;
    guint i;

    for (row = domain_type.fields; row->path; row++) {
        GPtrArray *siblings;

        if (row->kind != FIELD_STRUCTS || !g_str_has_prefix(row->path, PLACE))
            continue;
        siblings = device_siblings(definition, row);
        for (i = 0; i < siblings->len; i++)
            name_object(row, siblings->pdata[i], siblings);
    }
}

Device *
device_find(const Definition *definition, const Device *device, GError **error)
{
    guint index;

    if (!device_locate(definition, device, &index, error))
        return NULL;
    return copy_object(device->row, device_siblings(definition, device->row)->pdata[index]);
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
                g_strcmp0(alias_of(row, object), alias) == 0)
                return copy_object(row, object);
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
    Device *copy = copy_object(device->row, device->object);
    const Disk *disk = device_disk(device);
    guint i;

    g_ptr_array_add(device_siblings(changed, device->row), device_take(copy));
    g_free(copy);
    renumber_consoles(changed);
    for (i = 0; disk && i < definition->disks->len; i++) {
        if (g_str_equal(((const Disk *)definition->disks->pdata[i])->target, disk->target))
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
    copy = copy_object(device->row, device->object);
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
