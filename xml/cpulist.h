/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of CPUs: "0-3,^2,8". */
#pragma once

#include <glib.h>

#define CPULIST_MAX 8192 /* CPUs; more than any kernel can have */

typedef enum {
    CPULIST_OK,
    CPULIST_MALFORMED,
    CPULIST_EMPTY, /* selects no CPU */
} CpulistResult;

/*
 * The list in its shortest form, ascending with ranges: "1,2,5-7" becomes "1-2,5-7". A CPU after
 * '^' is taken out of what stands before it. *ret_list is only set for CPULIST_OK; free with
 * g_free().
 */
CpulistResult cpulist_canonical(const char *text, char **ret_list);
