/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Maps of processors. */
#include "driver/cpumap.h"

#include <stdlib.h>
#include <string.h>

#include "controller/wire/failure.h"
#include "driver/host.h"
#include "xml/cpulist.h"

char *
cpumap_to_list(const unsigned char *map, int length, GError **error)
{
    g_autoptr(GString) all = g_string_new(NULL);
    unsigned processors = host_processors();
    char *list = NULL;
    unsigned cpu;

    for (cpu = 0; cpu < processors && (int)(cpu / 8) < length; cpu++) {
        if (map[cpu / 8] >> cpu % 8 & 1)
            g_string_append_printf(all, "%s%u", all->len ? "," : "", cpu);
    }
    if (cpulist_canonical(all->str, &list) != CPULIST_OK)
        fail(error, FAILURE_INVALID_ARG,
             "the map has none of this host's %u processors: at least one is needed", processors);
    return list;
}

void
cpumap_from_list(const char *list, unsigned char *map, int length)
{
    g_autofree char *all = g_strdup_printf("0-%u", host_processors() - 1);
    const char *at = list ? list : all;

    memset(map, 0, (size_t)length);
    while (*at) {
        char *end;
        unsigned long first = strtoul(at, &end, 10);
        unsigned long last = *end == '-' ? strtoul(end + 1, &end, 10) : first;

        for (; first <= last && first / 8 < (unsigned long)length; first++)
            map[first / 8] |= (unsigned char)(1u << first % 8);
        at = *end ? end + 1 : end;
    }
}
