/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Command lines in configuration files: words, quotes and backslashes. */
#pragma once

#include <glib.h>

/*
 * Splits at blanks; '…' and "…" join, a backslash takes the next character as it is (not within
 * '…'). Empty words count. NULL with FAILURE_INVALID_ARG when a quote is not closed or a backslash
 * ends the text. Free with g_strfreev().
 */
char **words_split(const char *text, GError **error);

/* Words whose quoting words_split() undoes. Free with g_free(). */
char *words_join(const char *const *words);
