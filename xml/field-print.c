/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Row tables: printing of structs. */
#include <string.h>

#include "xml/field-path.h"
#include "xml/field.h"
#include "xml/kept-xml.h"

#define MEMBER(object, field, type) (*(type *)((const char *)(object) + (field)->offset))

/* Elements that are open between the element of the struct and the row at hand. */
typedef struct {
    XmlWriter *writer;
    char open[PATH_ELEMENTS][PATH_LENGTH];
    unsigned n;
} Printer;

static void
printer_close(Printer *printer, unsigned down_to)
{
    while (printer->n > down_to)
        writer_close(printer->writer, printer->open[--printer->n]);
}

/* Opens the first @n elements of @path; those that are open already stay open. */
static void
printer_enter(Printer *printer, const FieldPath *path, unsigned n)
{
    unsigned i = 0;

    while (i < printer->n && i < n && g_str_equal(printer->open[i], path->elements[i]))
        i++;
    printer_close(printer, i);
    for (; i < n; i++) {
        writer_open(printer->writer, path->elements[i]);
        g_strlcpy(printer->open[i], path->elements[i], PATH_LENGTH);
        printer->n = i + 1;
    }
}

static void
printer_value(Printer *printer, const FieldPath *path, const char *value)
{
    printer_enter(printer, path, path->n);
    if (path->attribute) {
        writer_attribute(printer->writer, path->attribute, value);
    } else {
        printer->n--;
        writer_text(printer->writer, path->elements[path->n - 1], value);
    }
}

static void
print_size(Printer *printer, const XmlField *field, const FieldPath *path, uint64_t value)
{
    const XmlSize *size = field->size;
    uint64_t printed = size->member >= size->step ? value * (size->member / size->step)
                                                  : value / (size->step / size->member);
    char digits[24];

    g_snprintf(digits, sizeof(digits), "%" G_GUINT64_FORMAT, printed);
    printer_enter(printer, path, path->n);
    if (path->attribute)
        writer_attribute(printer->writer, path->attribute, digits);
    writer_attribute(printer->writer, size->attribute, size->word);
    if (!path->attribute)
        printer_value(printer, path, digits);
}

/* A number as text, or NULL when it has its absent value. */
static const char *
number_text(const XmlField *field, const void *object, char digits[24])
{
    int64_t value = MEMBER(object, field, int64_t);

    if (value == field->absent && !(field->flags & FIELD_ALWAYS))
        return NULL;
    if (field->kind == FIELD_INT)
        g_snprintf(digits, 24, "%" G_GINT64_FORMAT, value);
    else if (field->flags & FIELD_HEX)
        g_snprintf(digits, 24, "0x%04" G_GINT64_MODIFIER "x", (uint64_t)value);
    else
        g_snprintf(digits, 24, "%" G_GUINT64_FORMAT, (uint64_t)value);
    return digits;
}

static const char *
word_text(const XmlField *field, const void *object)
{
    int value =
        field->kind == FIELD_BOOL ? MEMBER(object, field, bool) : MEMBER(object, field, int);
    const char *word;

    if (value == field->absent && !(field->flags & FIELD_ALWAYS))
        return NULL;
    word = field->names[value];
    return word[0] ? word : NULL;
}

static void print_struct(Printer *printer, const XmlType *type, const char *name,
                         const void *object, bool empty_too);

static void
print_array(Printer *printer, const XmlField *field, const FieldPath *path, const GPtrArray *array)
{
    const char *leaf = path->elements[path->n - 1];
    guint i;

    for (i = 0; array && i < array->len; i++) {
        const void *element = array->pdata[i];

        if (field->kind == FIELD_KEPT && ((const Kept *)element)->place != field->path)
            continue;
        printer_enter(printer, path, path->n - 1);
        if (field->kind == FIELD_STRINGS) {
            writer_open(printer->writer, leaf);
            writer_text(printer->writer, leaf, element);
        } else if (field->kind == FIELD_STRUCTS) {
            print_struct(printer, field->type, leaf, element, true);
        } else {
            kept_print(printer->writer, element);
        }
    }
}

static void
print_custom(Printer *printer, const XmlField *field, const FieldPath *path, const void *object)
{
    if (!field->codec->print ||
        (field->codec->is_printed && !field->codec->is_printed(printer->writer, object)))
        return;
    /* an attribute belongs into its element; an element is opened by the codec, which may print
     * none */
    printer_enter(printer, path, path->attribute ? path->n : path->n ? path->n - 1 : 0);
    field->codec->print(printer->writer, object);
}

static bool
has_kept_of(const XmlField *field, const GPtrArray *kept)
{
    guint i;

    for (i = 0; kept && i < kept->len; i++) {
        if (((const Kept *)kept->pdata[i])->place == field->path)
            return true;
    }
    return false;
}

static void
print_row(Printer *printer, const XmlField *field, const void *object)
{
    char digits[24];
    const char *text = NULL;
    FieldPath path;

    switch (field->kind) {
    case FIELD_STRING:
        text = MEMBER(object, field, const char *);
        break;
    case FIELD_ENUM:
    case FIELD_BOOL:
        text = word_text(field, object);
        break;
    case FIELD_INT:
    case FIELD_UINT:
    case FIELD_SIZE:
        text = number_text(field, object, digits);
        break;
    case FIELD_FLAG:
        text = MEMBER(object, field, bool) ? "" : NULL;
        break;
    case FIELD_KEPT:
        if (!has_kept_of(field, MEMBER(object, field, GPtrArray *)))
            return;
        /* fall through */
    case FIELD_STRINGS:
    case FIELD_STRUCTS:
        if (!MEMBER(object, field, GPtrArray *) || MEMBER(object, field, GPtrArray *)->len == 0)
            return;
        path_split(&path, field->path);
        print_array(printer, field, &path, MEMBER(object, field, GPtrArray *));
        return;
    case FIELD_STRUCT:
        path_split(&path, field->path);
        printer_enter(printer, &path, path.n - 1);
        print_struct(printer, field->type, path.elements[path.n - 1],
                     (const char *)object + field->offset, field->flags & FIELD_EMPTY);
        return;
    case FIELD_CUSTOM:
        path_split(&path, field->path);
        print_custom(printer, field, &path, object);
        return;
    case FIELD_REFUSED:
        return;
    }
    if (!text)
        return;
    path_split(&path, field->path);
    if (field->kind == FIELD_SIZE)
        print_size(printer, field, &path, MEMBER(object, field, uint64_t));
    else if (field->kind == FIELD_FLAG)
        printer_enter(printer, &path, path.n);
    else
        printer_value(printer, &path, text);
}

static const char *
print_rows(Printer *printer, const XmlType *type, const void *object)
{
    const XmlField *field;
    const char *own_text = NULL;

    for (field = type->fields; field->path; field++) {
        if ((field->flags & FIELD_LIVE) && !printer->writer->live)
            continue;
        if (field->only &&
            !(field->only & ONLY(*(const int *)((const char *)object + type->variant))))
            continue;
        if (field->path[0] == '.')
            own_text = MEMBER(object, field, const char *);
        else
            print_row(printer, field, object);
    }
    printer_close(printer, 0);
    return own_text;
}

static void
print_struct(Printer *outer, const XmlType *type, const char *name, const void *object,
             bool empty_too)
{
    XmlWriter *writer = outer->writer;
    Printer printer = { .writer = writer };
    XmlMark mark = writer_mark(writer);
    const char *own_text;
    size_t opened;

    if (type->is_empty && type->is_empty(object))
        return;
    writer_open(writer, name);
    opened = writer->out->len;
    own_text = print_rows(&printer, type, object);
    if (own_text)
        writer_text(writer, name, own_text);
    else if (writer->out->len == opened && !empty_too)
        writer_rewind(writer, mark);
    else
        writer_close(writer, name);
}

void
xml_print(const XmlType *type, XmlWriter *writer, const void *object)
{
    Printer printer = { .writer = writer };

    print_rows(&printer, type, object);
}
