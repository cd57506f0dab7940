/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The units of sizes. */
#include "xml/size.h"

#include <string.h>

uint64_t
size_unit(const char *unit, uint64_t scale)
{
    static const char letters[] = "kmgtpe";
    const char *letter;
    uint64_t base;
    uint64_t bytes = 1;

    if (!unit || !*unit)
        return scale;
    if (!g_ascii_strcasecmp(unit, "b") || !g_ascii_strcasecmp(unit, "byte") ||
        !g_ascii_strcasecmp(unit, "bytes"))
        return 1;
    if (!(letter = strchr(letters, g_ascii_tolower(unit[0]))))
        return 0;
    if (!unit[1] || !g_ascii_strcasecmp(unit + 1, "iB"))
        base = 1024;
    else if (!g_ascii_strcasecmp(unit + 1, "B"))
        base = 1000;
    else
        return 0;
    for (; letter >= letters; letter--)
        bytes *= base;
    return bytes;
}
