/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of rows and lists of words for error messages. */
#include "xml/field-message.h"

#define EXCERPT_LENGTH 64 /* characters */

char *
message_where(const XmlType *type, const FieldPath *path, xmlNode *node)
{
    long line = xmlGetLineNo(node);
    const char *element = path->n > 0 ? path->elements[path->n - 1] : NULL;

    if (path->attribute && element)
        return g_strdup_printf("attribute '%s' of <%s> in <%s> (line %ld)", path->attribute,
                               element, type->name, line);
    if (path->attribute)
        return g_strdup_printf("attribute '%s' of <%s> (line %ld)", path->attribute, type->name,
                               line);
    if (element)
        return g_strdup_printf("element <%s> in <%s> (line %ld)", element, type->name, line);
    return g_strdup_printf("text of <%s> (line %ld)", type->name, line);
}

char *
message_words(const char *const *names)
{
    GString *words = g_string_new("one of ");
    bool first = true;

    for (; *names; names++) {
        if (!(*names)[0])
            continue;
        g_string_append_printf(words, first ? "'%s'" : ", '%s'", *names);
        first = false;
    }
    g_string_append(words, " is needed");
    return g_string_free(words, FALSE);
}

char *
message_excerpt(const char *text)
{
    g_autofree char *cut = NULL;

    if (g_utf8_strlen(text, -1) <= EXCERPT_LENGTH)
        return g_strdup(text);
    cut = g_utf8_substring(text, 0, EXCERPT_LENGTH);
    return g_strdup_printf("%s…", cut);
}
