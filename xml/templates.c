/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths of templates. */
#include "xml/templates.h"

#include <string.h>

#define NAME_LENGTH_MAX 64
#define PLAIN           "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

bool
template_name_is_valid(const char *name)
{
    return *name && *name != '.' && *name != '-' && strlen(name) <= NAME_LENGTH_MAX &&
           strspn(name, PLAIN) == strlen(name);
}

char *
template_path(const char *data, const char *name)
{
    return g_strdup_printf("%s/templates/%s", data ? data : TEMPLATES_DIRECTORY, name);
}

char *
template_layer(const char *data, const char *uuid, const char *target)
{
    g_autoptr(GString) name = g_string_new(NULL);

    for (; *target; target++) {
        if (strchr(PLAIN, *target) && *target != '.')
            g_string_append_c(name, *target);
        else
            g_string_append_printf(name, "%%%02x", (unsigned char)*target);
    }
    return g_strdup_printf("%s/layers/%s/%s", data ? data : TEMPLATES_DIRECTORY, uuid, name->str);
}
