/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UUIDs to their canonical form. */
#include "xml/uuid.h"

char *
uuid_canonical(const char *text)
{
    GString *uuid = g_string_sized_new(37);
    unsigned digits = 0;

    while (g_ascii_isspace(*text))
        text++;
    for (; digits < 32; text++) {
        /* a dash may stand between two bytes */
        if (*text == '-' && digits > 0 && digits % 2 == 0)
            continue;
        if (!g_ascii_isxdigit(*text))
            break;
        g_string_append_c(uuid, g_ascii_tolower(*text));
        digits++;
        if (digits == 8 || digits == 12 || digits == 16 || digits == 20)
            g_string_append_c(uuid, '-');
    }
    while (g_ascii_isspace(*text))
        text++;
    return g_string_free(uuid, digits != 32 || *text);
}
