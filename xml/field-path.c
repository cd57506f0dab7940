/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Splits "source/@dir" into its parts. */
#include "xml/field-path.h"

#include <glib.h>
#include <string.h>

void
path_split(FieldPath *path, const char *text)
{
    char *part;

    path->n = 0;
    path->attribute = NULL;
    g_assert(strlen(text) < sizeof(path->text));
    strcpy(path->text, text);
    if (g_str_equal(text, "."))
        return;
    for (part = path->text; part;) {
        char *slash = strchr(part, '/');

        if (slash)
            *slash++ = '\0';
        if (part[0] == '@') {
            path->attribute = part + 1;
            return;
        }
        g_assert(path->n < PATH_ELEMENTS);
        path->elements[path->n++] = part;
        part = slash;
    }
}
