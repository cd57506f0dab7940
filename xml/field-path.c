/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Splits "source/@dir" into its parts. */
#include "xml/field-path.h"

#include <glib.h>

/* One pass, because it is done for every row that is read or printed. */
void
path_split(FieldPath *path, const char *text)
{
    char *to = path->text;

    path->n = 0;
    path->attribute = NULL;
    if (text[0] == '.' && !text[1])
        return;
    for (;;) {
        if (*text == '@') {
            path->attribute = to;
            text++;
        } else {
            g_assert(path->n < PATH_ELEMENTS);
            path->elements[path->n++] = to;
        }
        while (*text && *text != '/') {
            g_assert(to < path->text + sizeof(path->text) - 1);
            *to++ = *text++;
        }
        *to++ = '\0';
        if (!*text++)
            return;
    }
}
