/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds elements and attributes that no row knows. */
#include "xml/field-strict.h"

#include <string.h>

typedef struct {
    const XmlType *type;
    const XmlContext *context;
    const void *object;
} Strict;

static bool
row_applies(const Strict *strict, const XmlField *field)
{
    return !field->only ||
           (field->only &
            ONLY(*(const int *)((const char *)strict->object + strict->type->variant)));
}

/* @prefix is "" or "source/". */
static bool
attribute_is_known(const Strict *strict, const char *prefix, const char *name)
{
    size_t length = strlen(prefix);
    const XmlField *field;

    for (field = strict->type->fields; field->path; field++) {
        const char *rest = field->path + length;

        if (!row_applies(strict, field))
            continue;
        if (field->kind == FIELD_SIZE && g_str_equal(field->size->attribute, name)) {
            /* the unit stands beside the attribute, or on the element that holds the number */
            if (strncmp(field->path, prefix, length) == 0 && rest[0] == '@')
                return true;
            if (length > 0 && strlen(field->path) == length - 1 &&
                strncmp(field->path, prefix, length - 1) == 0)
                return true;
        }
        if (strncmp(field->path, prefix, length) == 0 && rest[0] == '@' &&
            g_str_equal(rest + 1, name))
            return true;
    }
    return false;
}

/* Whether rows know the element; *ret_descend: what is in it is for the rows of this table to know.
 */
static bool
element_is_known(const Strict *strict, const char *prefix, xmlNode *node, bool *ret_descend)
{
    size_t length = strlen(prefix);
    const XmlField *field;
    bool known = false;

    *ret_descend = true;
    for (field = strict->type->fields; field->path; field++) {
        g_autofree char *name = NULL;
        const char *rest = field->path + length;

        if (!row_applies(strict, field) || strncmp(field->path, prefix, length) != 0)
            continue;
        name = g_strndup(rest, strcspn(rest, "/"));
        if (!xml_node_is(node, name))
            continue;
        known = true;
        if (!rest[strlen(name)] && (field->kind == FIELD_STRUCT || field->kind == FIELD_STRUCTS ||
                                    field->kind == FIELD_KEPT || field->kind == FIELD_CUSTOM))
            *ret_descend = false;
    }
    return known;
}

static bool
fail_element(const Strict *strict, xmlNode *node, GError **error)
{
    FailureCode code = strict->context->strict ? FAILURE_XML_INVALID_SCHEMA : strict->type->unknown;

    const char *prefix = xml_prefix(node);
    const char *parent = xml_prefix(node->parent);

    return fail(error, code, "unknown element <%s%s> in <%s%s> (line %ld); remove it",
                prefix ? prefix : "", (const char *)node->name, parent ? parent : "",
                (const char *)node->parent->name, xmlGetLineNo(node));
}

static bool
check_attributes(const Strict *strict, const char *prefix, xmlNode *node, GError **error)
{
    xmlAttr *attribute;

    for (attribute = node->properties; attribute; attribute = attribute->next) {
        if (attribute->ns || !attribute_is_known(strict, prefix, (const char *)attribute->name))
            return fail(error, FAILURE_XML_INVALID_SCHEMA,
                        "unknown attribute '%s' of <%s> (line %ld); remove it",
                        (const char *)attribute->name, (const char *)node->name,
                        xmlGetLineNo(node));
    }
    return true;
}

static bool
check_level(const Strict *strict, const char *prefix, xmlNode *node, GError **error)
{
    xmlNode *child;

    if (strict->context->strict && !check_attributes(strict, prefix, node, error))
        return false;
    for (child = node->children; child; child = child->next) {
        g_autofree char *below = NULL;
        bool descend;

        if (child->type != XML_ELEMENT_NODE)
            continue;
        if (!element_is_known(strict, prefix, child, &descend))
            return fail_element(strict, child, error);
        below = g_strdup_printf("%s%s%s/", prefix, xml_prefix(child), (const char *)child->name);
        if (descend && strict->context->strict && !check_level(strict, below, child, error))
            return false;
    }
    return true;
}

bool
strict_check(const XmlType *type, const XmlContext *context, xmlNode *node, const void *object,
             GError **error)
{
    Strict strict = { .type = type, .context = context, .object = object };

    return check_level(&strict, "", node, error);
}

static bool
word_is_in(const char *const *words, const char *word)
{
    return !words || g_strv_contains(words, word);
}

bool
xml_expect(const XmlContext *context, xmlNode *node, const char *const *attributes,
           const char *const *children, GError **error)
{
    xmlAttr *attribute;
    xmlNode *child;

    if (!context->strict)
        return true;
    for (attribute = node->properties; attribute; attribute = attribute->next) {
        if (attribute->ns || !word_is_in(attributes, (const char *)attribute->name))
            return fail(error, FAILURE_XML_INVALID_SCHEMA,
                        "unknown attribute '%s' of <%s> (line %ld); remove it",
                        (const char *)attribute->name, (const char *)node->name,
                        xmlGetLineNo(node));
    }
    for (child = node->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE && !word_is_in(children, (const char *)child->name))
            return fail(error, FAILURE_XML_INVALID_SCHEMA,
                        "unknown element <%s> in <%s> (line %ld); remove it",
                        (const char *)child->name, (const char *)node->name, xmlGetLineNo(child));
    }
    return true;
}
