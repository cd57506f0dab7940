/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Row tables: default values, freeing and copying of structs. */
#include <string.h>

#include "xml/field.h"
#include "xml/kept.h"

#define MEMBER(object, field, type) (*(type *)((char *)(object) + (field)->offset))

static void
field_init(const XmlField *field, void *object)
{
    switch (field->kind) {
    case FIELD_STRINGS:
        MEMBER(object, field, GPtrArray *) = g_ptr_array_new_with_free_func(g_free);
        break;
    case FIELD_STRUCTS:
        MEMBER(object, field, GPtrArray *) = g_ptr_array_new_with_free_func(field->type->free);
        break;
    case FIELD_KEPT:
        /* the rows of kept elements share one array */
        if (!MEMBER(object, field, GPtrArray *))
            MEMBER(object, field, GPtrArray *) =
                g_ptr_array_new_with_free_func((GDestroyNotify)kept_free);
        break;
    case FIELD_STRUCT:
        xml_init(field->type, (char *)object + field->offset);
        break;
    case FIELD_ENUM:
        MEMBER(object, field, int) = (int)field->absent;
        break;
    case FIELD_BOOL:
        MEMBER(object, field, bool) = field->absent != 0;
        break;
    case FIELD_INT:
    case FIELD_UINT:
    case FIELD_SIZE:
        MEMBER(object, field, int64_t) = field->absent;
        break;
    case FIELD_STRING:
    case FIELD_FLAG:
    case FIELD_CUSTOM:
    case FIELD_REFUSED:
        break; /* zero */
    }
}

void
xml_init(const XmlType *type, void *object)
{
    const XmlField *field;

    memset(object, 0, type->size);
    for (field = type->fields; field->path; field++)
        field_init(field, object);
}

void *
xml_new(const XmlType *type)
{
    void *object = g_malloc(type->size);

    xml_init(type, object);
    return object;
}

static void
field_clear(const XmlField *field, void *object)
{
    switch (field->kind) {
    case FIELD_STRING:
        g_clear_pointer(&MEMBER(object, field, char *), g_free);
        break;
    case FIELD_STRINGS:
    case FIELD_STRUCTS:
    case FIELD_KEPT:
        g_clear_pointer(&MEMBER(object, field, GPtrArray *), g_ptr_array_unref);
        break;
    case FIELD_STRUCT:
        xml_clear(field->type, (char *)object + field->offset);
        break;
    case FIELD_CUSTOM:
        if (field->codec->string)
            g_clear_pointer(&MEMBER(object, field, char *), g_free);
        break;
    default:
        break;
    }
}

void
xml_clear(const XmlType *type, void *object)
{
    const XmlField *field;

    for (field = type->fields; field->path; field++)
        field_clear(field, object);
}

void
xml_free(const XmlType *type, void *object)
{
    if (!object)
        return;
    xml_clear(type, object);
    g_free(object);
}

static GPtrArray *
field_copy_array(const XmlField *field, const GPtrArray *from)
{
    GPtrArray *to;
    guint i;

    if (field->kind == FIELD_STRINGS)
        to = g_ptr_array_new_with_free_func(g_free);
    else if (field->kind == FIELD_STRUCTS)
        to = g_ptr_array_new_with_free_func(field->type->free);
    else
        to = g_ptr_array_new_with_free_func((GDestroyNotify)kept_free);

    for (i = 0; from && i < from->len; i++) {
        const void *element = from->pdata[i];
        void *copy;

        if (field->kind == FIELD_STRINGS) {
            copy = g_strdup(element);
        } else if (field->kind == FIELD_STRUCTS) {
            copy = g_malloc(field->type->size);
            xml_copy(field->type, copy, element);
        } else {
            copy = kept_copy(element);
        }
        g_ptr_array_add(to, copy);
    }
    return to;
}

/* What several rows share (the source of a filesystem, the array of kept elements) is copied once.
 */
static bool
field_is_shared(const XmlType *type, const XmlField *field)
{
    const XmlField *other;

    for (other = type->fields; other < field; other++) {
        if (other->offset == field->offset && other->kind == field->kind)
            return true;
    }
    return false;
}

void
xml_copy(const XmlType *type, void *copy, const void *object)
{
    const XmlField *field;

    memcpy(copy, object, type->size);
    for (field = type->fields; field->path; field++) {
        bool string =
            field->kind == FIELD_STRING || (field->kind == FIELD_CUSTOM && field->codec->string);
        bool array = field->kind == FIELD_STRINGS || field->kind == FIELD_STRUCTS ||
                     field->kind == FIELD_KEPT;

        if (field->kind == FIELD_STRUCT) {
            xml_copy(field->type, (char *)copy + field->offset,
                     (const char *)object + field->offset);
        } else if ((string || array) && !field_is_shared(type, field)) {
            if (string)
                MEMBER(copy, field, char *) = g_strdup(MEMBER(object, field, char *));
            else
                MEMBER(copy, field, GPtrArray *) =
                    field_copy_array(field, MEMBER(object, field, GPtrArray *));
        }
    }
}
