/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Row tables: reading of structs from nodes. */
#include <stdlib.h>
#include <string.h>

#include "xml/field-message.h"
#include "xml/field-path.h"
#include "xml/field-strict.h"
#include "xml/field.h"
#include "xml/kept-xml.h"
#include "xml/size.h"

#define MEMBER(object, field, type) (*(type *)((char *)(object) + (field)->offset))

/* One row being read. */
typedef struct {
    const XmlType *type;
    const XmlContext *context;
    const XmlField *field;
    FieldPath path;
    xmlNode *node; /* of the struct */
    xmlNode *leaf; /* the last element of the path; NULL: absent */
    void *object;
    uint64_t elements; /* bits of the names of the node's children, and of its attributes */
    uint64_t attributes;
} Reader;

const char *
xml_prefix(const xmlNode *node)
{
    if (!node->ns || !node->ns->href)
        return "";
    if (g_str_equal((const char *)node->ns->href, XML_LXC_NAMESPACE))
        return "lxc:";
    return g_str_equal((const char *)node->ns->href, XML_CAISSON_NAMESPACE) ? "caisson:" : NULL;
}

bool
xml_node_is(const xmlNode *node, const char *name)
{
    const char *prefix;

    if (node->type != XML_ELEMENT_NODE)
        return false;
    if (!node->ns || !node->ns->href)
        return node->name[0] == (xmlChar)name[0] && g_str_equal((const char *)node->name, name);
    prefix = xml_prefix(node);
    return prefix && g_str_has_prefix(name, prefix) &&
           g_str_equal((const char *)node->name, name + strlen(prefix));
}

static xmlNode *
node_next(xmlNode *node, const char *name)
{
    while (node && !xml_node_is(node, name))
        node = node->next;
    return node;
}

xmlNode *
xml_child(xmlNode *node, const char *name)
{
    return node ? node_next(node->children, name) : NULL;
}

char *
xml_text(xmlNode *node)
{
    xmlNode *text = node->children;
    char *content;
    char *copy;

    if (!text)
        return NULL;
    if (text->type == XML_TEXT_NODE && !text->next)
        return text->content && text->content[0] ? g_strdup((const char *)text->content) : NULL;
    /* comments, CDATA sections or elements in between */
    content = (char *)xmlNodeGetContent(node);
    copy = content && content[0] ? g_strdup(content) : NULL;
    xmlFree(content);
    return copy;
}

char *
xml_attribute(xmlNode *node, const char *name)
{
    xmlAttr *attribute;

    for (attribute = node->properties; attribute; attribute = attribute->next) {
        if (!attribute->ns && g_str_equal((const char *)attribute->name, name))
            return xml_text((xmlNode *)attribute);
    }
    return NULL;
}

static bool
attribute_exists(xmlNode *node, const char *name)
{
    xmlAttr *attribute;

    for (attribute = node ? node->properties : NULL; attribute; attribute = attribute->next) {
        if (!attribute->ns && g_str_equal((const char *)attribute->name, name))
            return true;
    }
    return false;
}

bool
xml_number(const char *text, uint64_t *ret_value, bool *ret_overflow)
{
    uint64_t value = 0;

    *ret_overflow = false;
    while (g_ascii_isspace(*text))
        text++;
    if (!g_ascii_isdigit(*text))
        return false;
    for (; g_ascii_isdigit(*text); text++) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
            *ret_overflow = true;
    }
    while (g_ascii_isspace(*text))
        text++;
    if (*text || *ret_overflow)
        return false;
    *ret_value = value;
    return true;
}

static FailureCode
code_or_xml(FailureCode code)
{
    return code == FAILURE_INTERNAL ? FAILURE_XML : code;
}

static bool
fail_value(const Reader *reader, FailureCode code, const char *value, const char *why,
           GError **error)
{
    g_autofree char *where =
        message_where(reader->type, &reader->path, reader->leaf ? reader->leaf : reader->node);
    g_autofree char *shown = message_excerpt(value);

    return fail(error, code, "invalid value '%s' for %s: %s", shown, where, why);
}

/* libvirt begins the messages of these with "missing name information in" and the like. */
static bool
is_worded_by_libvirt(FailureCode code)
{
    return code == FAILURE_NO_NAME || code == FAILURE_NO_SOURCE || code == FAILURE_NO_TARGET;
}

static bool
fail_missing(const Reader *reader, GError **error)
{
    const FieldPath *path = &reader->path;
    g_autofree char *where =
        message_where(reader->type, &reader->path, reader->leaf ? reader->leaf : reader->node);

    if (is_worded_by_libvirt(reader->field->missing))
        return fail(error, reader->field->missing, "<%s> (line %ld): %s%s%s<%s> is needed",
                    reader->type->name, xmlGetLineNo(reader->node),
                    path->attribute ? "attribute '" : "", path->attribute ? path->attribute : "",
                    path->attribute ? "' of " : "element ", path->elements[path->n - 1]);
    return fail(error, code_or_xml(reader->field->missing), "missing %s", where);
}

/* Text of the attribute or element; NULL: absent or empty. */
static char *
reader_text(const Reader *reader)
{
    if (!reader->leaf)
        return NULL;
    return reader->path.attribute ? xml_attribute(reader->leaf, reader->path.attribute)
                                  : xml_text(reader->leaf);
}

static bool
read_word(const Reader *reader, const char *text, GError **error)
{
    const XmlField *field = reader->field;
    g_autofree char *words = NULL;
    int i;

    for (i = 0; field->names[i]; i++) {
        if (!field->names[i][0] || !g_str_equal(field->names[i], text))
            continue;
        if (field->kind == FIELD_BOOL)
            MEMBER(reader->object, field, bool) = i;
        else
            MEMBER(reader->object, field, int) = i;
        return true;
    }
    words = message_words(field->names);
    return fail_value(reader, code_or_xml(field->bad), text, words, error);
}

static bool
read_int(const Reader *reader, const char *text, GError **error)
{
    bool negative = text[strspn(text, " \t\r\n")] == '-';
    const char *digits = negative ? strchr(text, '-') + 1 : text;
    uint64_t value = 0;
    bool overflow;

    if (!xml_number(digits, &value, &overflow) && !overflow)
        return fail_value(reader, FAILURE_XML, text, "a number is needed", error);
    if (overflow || value > (uint64_t)INT64_MAX)
        return fail_value(reader, FAILURE_XML, text, "too big", error);
    MEMBER(reader->object, reader->field, int64_t) = negative ? -(int64_t)value : (int64_t)value;
    return true;
}

/* "0x12" */
static bool
hex_number(const char *text, uint64_t *ret_value)
{
    guint64 value;

    if (text[0] != '0' || (text[1] != 'x' && text[1] != 'X') ||
        !g_ascii_string_to_unsigned(text + 2, 16, 0, G_MAXUINT64, &value, NULL))
        return false;
    *ret_value = value;
    return true;
}

static bool
read_uint(const Reader *reader, const char *text, GError **error)
{
    const XmlField *field = reader->field;
    uint64_t max = field->max ? field->max : UINT64_MAX;
    uint64_t value = 0;
    bool overflow = false;

    if (!((field->flags & (FIELD_HEX | FIELD_BASES)) && hex_number(text, &value)) &&
        !xml_number(text, &value, &overflow) && !overflow)
        return fail_value(reader, code_or_xml(field->bad), text, "a number is needed", error);
    if (overflow || value > max) {
        g_autofree char *why = g_strdup_printf("at most %" G_GUINT64_FORMAT, max);

        return fail_value(reader, code_or_xml(field->bad), text, why, error);
    }
    if (value == 0 && (field->flags & FIELD_NONZERO))
        return fail_value(reader, code_or_xml(field->bad), text, "it must not be 0", error);
    MEMBER(reader->object, field, uint64_t) = value;
    return true;
}

static bool
read_size(const Reader *reader, const char *text, GError **error)
{
    const XmlField *field = reader->field;
    const XmlSize *size = field->size;
    g_autofree char *word = xml_attribute(reader->leaf, size->attribute);
    uint64_t unit = size_unit(word, size->text);
    uint64_t step = MAX(size->member, size->step);
    uint64_t value = 0;
    bool overflow;

    if (unit == 0)
        return fail_value(reader, FAILURE_INVALID_ARG, word, "the units are " SIZE_UNITS, error);
    if (!xml_number(text, &value, &overflow) && !overflow)
        return fail_value(reader, FAILURE_XML, text, "a number is needed", error);
    if (overflow || __builtin_mul_overflow(value, unit, &value) || value > (uint64_t)INT64_MAX)
        return fail_value(reader, FAILURE_OVERFLOW, text, "too big", error);
    if (value == 0 && (field->flags & FIELD_NONZERO))
        return fail_value(reader, FAILURE_XML, text, "it must not be 0", error);
    MEMBER(reader->object, field, uint64_t) =
        (value / step + (value % step != 0)) * (step / size->member);
    return true;
}

static bool
read_value(const Reader *reader, GError **error)
{
    const XmlField *field = reader->field;
    g_autofree char *text = reader_text(reader);

    if (!text) {
        if (field->flags & FIELD_REQUIRED)
            return fail_missing(reader, error);
        /* an empty number or word is no absent one */
        if (field->kind != FIELD_STRING &&
            (reader->path.attribute ? attribute_exists(reader->leaf, reader->path.attribute)
                                    : reader->leaf != NULL))
            return fail_value(reader, code_or_xml(field->bad), "", "it is empty", error);
        return true;
    }
    switch (field->kind) {
    case FIELD_STRING:
        g_free(MEMBER(reader->object, field, char *));
        MEMBER(reader->object, field, char *) = g_steal_pointer(&text);
        return true;
    case FIELD_ENUM:
    case FIELD_BOOL:
        return read_word(reader, text, error);
    case FIELD_INT:
        return read_int(reader, text, error);
    case FIELD_UINT:
        return read_uint(reader, text, error);
    default:
        return read_size(reader, text, error);
    }
}

static bool
read_element(const Reader *reader, xmlNode *node, GError **error)
{
    const XmlField *field = reader->field;
    GPtrArray *array = MEMBER(reader->object, field, GPtrArray *);
    void *element;
    char *text;

    if (field->kind == FIELD_KEPT) {
        g_ptr_array_add(array, kept_read(reader->context, node, field->path));
        return true;
    }
    if (field->kind == FIELD_STRINGS) {
        if (!(text = xml_text(node)))
            return fail(error, FAILURE_XML, "empty <%s> in <%s> (line %ld)", (char *)node->name,
                        reader->type->name, xmlGetLineNo(node));
        g_ptr_array_add(array, text);
        return true;
    }
    element = xml_new(field->type);
    g_ptr_array_add(array, element);
    return xml_read(field->type, reader->context, node, element, error);
}

static bool
read_array(const Reader *reader, GError **error)
{
    const char *name = reader->path.elements[reader->path.n - 1];
    xmlNode *node;

    for (node = reader->leaf; node; node = node_next(node->next, name)) {
        if (!read_element(reader, node, error))
            return false;
    }
    return true;
}

static bool
read_leaf(const Reader *reader, GError **error)
{
    const XmlField *field = reader->field;

    switch (field->kind) {
    case FIELD_STRINGS:
    case FIELD_STRUCTS:
    case FIELD_KEPT:
        return read_array(reader, error);
    case FIELD_FLAG:
        MEMBER(reader->object, field, bool) = reader->leaf != NULL;
        return true;
    case FIELD_STRUCT:
        if (!reader->leaf && (field->flags & FIELD_REQUIRED))
            return fail_missing(reader, error);
        return !reader->leaf || xml_read(field->type, reader->context, reader->leaf,
                                         (char *)reader->object + field->offset, error);
    case FIELD_CUSTOM:
        return !reader->leaf || !field->codec->read ||
               field->codec->read(reader->context, reader->leaf, reader->object, error);
    case FIELD_REFUSED:
        return !reader->leaf ||
               fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<%s> (line %ld) is not possible for a container; remove the element",
                    (char *)reader->leaf->name, xmlGetLineNo(reader->leaf));
    default:
        return read_value(reader, error);
    }
}

/* A bit for a name, by its first two letters. */
static uint64_t
name_bit(const char *name)
{
    return UINT64_C(1) << (((unsigned char)name[0] * 7u + (unsigned char)name[1]) & 63);
}

/* Most rows of a table are of what a node does not have: the bits of what it has tell most of them
 * before their path is split. */
static void
reader_note_names(Reader *reader)
{
    const xmlAttr *attribute;
    const xmlNode *child;

    for (child = reader->node->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE)
            reader->elements |= name_bit((const char *)child->name);
    }
    for (attribute = reader->node->properties; attribute; attribute = attribute->next)
        reader->attributes |= name_bit((const char *)attribute->name);
}

static bool
row_is_absent(const Reader *reader)
{
    const char *path = reader->field->path;

    /* codecs of attributes are called in any case */
    if (path[0] == '@')
        return reader->field->kind != FIELD_CUSTOM && !(reader->attributes & name_bit(path + 1));
    /* the element's own text; a prefix, which is no part of a node's name */
    if (path[0] == '.' || ((path[0] == 'l' || path[0] == 'c') && strchr(path, ':')))
        return false;
    return !(reader->elements & name_bit(path));
}

static bool
read_row(Reader *reader, GError **error)
{
    const XmlField *field = reader->field;
    unsigned i;

    if ((field->flags & FIELD_DRAFT) || ((field->flags & FIELD_LIVE) && !reader->context->live))
        return true;
    if (field->only &&
        !(field->only & ONLY(*(const int *)((char *)reader->object + reader->type->variant))))
        return true;
    if (!(field->flags & FIELD_REQUIRED) && row_is_absent(reader))
        return true;
    path_split(&reader->path, field->path);
    reader->leaf = reader->node;
    for (i = 0; i < reader->path.n && reader->leaf; i++) {
        const char *name = reader->path.elements[i];

        reader->leaf = xml_child(reader->leaf, name);
        if ((field->flags & FIELD_ONCE) && reader->leaf && node_next(reader->leaf->next, name))
            return fail(error, FAILURE_XML, "more than one <%s> in <%s> (line %ld)", name,
                        reader->type->name, xmlGetLineNo(reader->node));
    }
    return read_leaf(reader, error);
}

bool
xml_read(const XmlType *type, const XmlContext *context, xmlNode *node, void *object,
         GError **error)
{
    Reader reader = { .type = type, .context = context, .node = node, .object = object };

    reader_note_names(&reader);
    for (reader.field = type->fields; reader.field->path; reader.field++) {
        if (!read_row(&reader, error))
            return false;
    }
    if ((context->strict || (type->unknown != FAILURE_INTERNAL && !context->trusted)) &&
        !strict_check(type, context, node, object, error))
        return false;
    return !type->finish || type->finish(context, object, node, error);
}
