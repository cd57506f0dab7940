/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPU lists to their canonical form. */
#include "xml/cpulist.h"

#include <stdbool.h>
#include <string.h>

static const char *
skip_blanks(const char *text)
{
    while (g_ascii_isspace(*text))
        text++;
    return text;
}

static const char *
cpulist_number(const char *text, unsigned *ret_number)
{
    unsigned number = 0;

    if (!g_ascii_isdigit(*text))
        return NULL;
    for (; g_ascii_isdigit(*text); text++) {
        number = number * 10 + (unsigned)(*text - '0');
        if (number >= CPULIST_MAX)
            return NULL;
    }
    *ret_number = number;
    return skip_blanks(text);
}

/* One "3", "3-5" or "^3"; returns what follows, NULL for none of them. */
static const char *
cpulist_range(const char *text, bool *cpus, unsigned *end)
{
    bool wanted = *text != '^';
    unsigned first;
    unsigned last;

    if (!(text = cpulist_number(wanted ? text : text + 1, &first)))
        return NULL;
    last = first;
    if (*text == '-' && (!wanted || !(text = cpulist_number(skip_blanks(text + 1), &last))))
        return NULL;
    if (last < first)
        return NULL;
    memset(cpus + first, wanted, last - first + 1);
    *end = MAX(*end, last + 1);
    return text;
}

static char *
cpulist_print(const bool *cpus, unsigned end)
{
    GString *list = g_string_new(NULL);
    unsigned first;

    for (first = 0; first < end; first++) {
        unsigned last = first;

        if (!cpus[first])
            continue;
        while (last + 1 < end && cpus[last + 1])
            last++;
        g_string_append_printf(list, last > first ? "%s%u-%u" : "%s%u", list->len ? "," : "", first,
                               last);
        first = last;
    }
    return g_string_free(list, FALSE);
}

CpulistResult
cpulist_canonical(const char *text, char **ret_list)
{
    bool cpus[CPULIST_MAX] = { false };
    unsigned end = 0; /* no CPU from here on */

    text = skip_blanks(text);
    while (*text) {
        if (!(text = cpulist_range(text, cpus, &end)))
            return CPULIST_MALFORMED;
        if (*text == ',') {
            text = skip_blanks(text + 1);
            if (!*text)
                return CPULIST_MALFORMED;
        } else if (*text) {
            return CPULIST_MALFORMED;
        }
    }
    if (!memchr(cpus, true, end))
        return CPULIST_EMPTY;
    *ret_list = cpulist_print(cpus, end);
    return CPULIST_OK;
}
