/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Splitting and joining of quoted words. */
#include "xml/native-words.h"

#include <string.h>

#include "controller/wire/failure.h"

/* One word at *at, which is moved behind it. */
static char *
word_take(const char **at, GError **error)
{
    g_autoptr(GString) word = g_string_new(NULL);
    const char *text = *at;
    char quote = '\0';

    for (; *text && (quote || !g_ascii_isspace(*text)); text++) {
        if (quote ? *text == quote : *text == '\'' || *text == '"') {
            quote = quote ? '\0' : *text;
            continue;
        }
        if (*text == '\\' && quote != '\'' && *++text == '\0') {
            fail(error, FAILURE_INVALID_ARG, "'%.64s' ends with a backslash", *at);
            return NULL;
        }
        g_string_append_c(word, *text);
    }
    if (quote) {
        fail(error, FAILURE_INVALID_ARG, "'%.64s' has a quote (%c) that is not closed", *at, quote);
        return NULL;
    }
    *at = text;
    return g_string_free(g_steal_pointer(&word), FALSE);
}

char **
words_split(const char *text, GError **error)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    char **result;

    for (;;) {
        char *word;

        while (g_ascii_isspace(*text))
            text++;
        if (*text == '\0')
            break;
        if (!(word = word_take(&text, error)))
            return NULL;
        g_ptr_array_add(words, word);
    }
    g_ptr_array_add(words, NULL);
    g_ptr_array_set_free_func(words, NULL);
    result = (char **)words->pdata;
    g_ptr_array_free(g_steal_pointer(&words), FALSE);
    return result;
}

static void
word_append(GString *text, const char *word)
{
    const char *at;

    if (*word && !strpbrk(word, " \t\r\n\v\f'\"\\")) {
        g_string_append(text, word);
        return;
    }
    g_string_append_c(text, '"');
    for (at = word; *at; at++) {
        if (*at == '"' || *at == '\\')
            g_string_append_c(text, '\\');
        g_string_append_c(text, *at);
    }
    g_string_append_c(text, '"');
}

char *
words_join(const char *const *words)
{
    GString *text = g_string_new(NULL);
    size_t i;

    for (i = 0; words[i]; i++) {
        if (i > 0)
            g_string_append_c(text, ' ');
        word_append(text, words[i]);
    }
    return g_string_free(text, FALSE);
}
