/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Prints every row of the element tables, for tools/element-table: path, what it is, its words and
 * the variants it is for, separated by tabs; an element described by a table of its own comes
 * before that table's rows.
 */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "xml/elements.h"

static const char *
row_kind(const XmlField *field)
{
    switch (field->kind) {
    case FIELD_STRINGS:
        return "texts";
    case FIELD_ENUM:
    case FIELD_BOOL:
        return "word";
    case FIELD_FLAG:
        return "empty";
    case FIELD_INT:
    case FIELD_UINT:
        return "number";
    case FIELD_SIZE:
        return "size";
    case FIELD_STRUCT:
        return "element";
    case FIELD_STRUCTS:
        return "elements";
    case FIELD_KEPT:
        return "kept";
    case FIELD_REFUSED:
        return "refused";
    case FIELD_CUSTOM:
        return "special";
    default:
        return "text";
    }
}

static void
print_words(const char *const *names, uint32_t only)
{
    const char *separator = "";
    unsigned i;

    for (i = 0; names && names[i]; i++) {
        if (!names[i][0] || (only && !(only & ONLY(i))))
            continue;
        printf("%s%s", separator, names[i]);
        separator = ",";
    }
}

/* The words of the attribute that ONLY() speaks of. */
static const char *const *
variant_names(const XmlType *type)
{
    const XmlField *field;

    for (field = type->fields; field->path; field++) {
        if (field->kind == FIELD_ENUM && field->offset == type->variant)
            return field->names;
    }
    return NULL;
}

static void
print_rows(const XmlType *type, const char *prefix)
{
    const XmlField *field;

    for (field = type->fields; field->path; field++) {
        g_autofree char *path =
            g_strconcat(prefix, field->path[0] == '.' ? "text()" : field->path, NULL);
        g_autofree char *below = g_strconcat(path, "/", NULL);

        if (field->flags & FIELD_DRAFT)
            continue;
        printf("%s\t%s%s%s%s\t", path, row_kind(field), field->flags & FIELD_LIVE ? ",live" : "",
               field->flags & FIELD_REQUIRED ? ",required" : "",
               field->flags & FIELD_RUNNING ? ",running" : "");
        print_words(field->names, 0);
        printf("\t");
        if (field->only)
            print_words(variant_names(type), field->only);
        printf("\n");
        if (field->kind == FIELD_STRUCT || field->kind == FIELD_STRUCTS)
            print_rows(field->type, below);
    }
}

int
main(void)
{
    print_rows(&domain_type, "");
    return 0;
}
