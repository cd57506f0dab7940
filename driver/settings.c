/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads lxc.conf. */
#include "driver/settings.h"

#include <string.h>
#include <unistd.h>

#include "controller/wire/failure.h"

#define COUNT_MAX 64

typedef enum {
    VALUE_NUMBER, /* 0 or 1 */
    VALUE_COUNT,  /* a number up to COUNT_MAX; never what is read */
    VALUE_STRING,
    VALUE_LIST, /* skipped: no key of ours has one */
} ValueKind;

typedef struct {
    ValueKind kind;
    char *text; /* digits of a number with its sign, or the string */
} Value;

typedef struct {
    const char *key;
    ValueKind kind;
    size_t offset;
} Setting;

static const Setting settings_known[] = {
    { "log_with_libvirtd", VALUE_NUMBER, offsetof(Settings, log_with_libvirtd) },
    { "proc_view", VALUE_NUMBER, offsetof(Settings, view) },
    { "security_driver", VALUE_STRING, offsetof(Settings, security_driver) },
    { "security_default_confined", VALUE_NUMBER, offsetof(Settings, security_default_confined) },
    { "security_require_confined", VALUE_NUMBER, offsetof(Settings, security_require_confined) },
    { "vcpus_are_quota", VALUE_NUMBER, offsetof(Settings, vcpus_are_quota) },
    { "info_memory_is_balloon", VALUE_NUMBER, offsetof(Settings, info_memory_is_balloon) },
    { "idmap_default", VALUE_STRING, offsetof(Settings, idmap_default) },
    { "idmap_auto", VALUE_NUMBER, offsetof(Settings, idmap_auto) },
    { "idmap_range", VALUE_STRING, offsetof(Settings, idmap_range) },
    { "seccomp", VALUE_STRING, offsetof(Settings, seccomp) },
    { "standby_controllers", VALUE_COUNT, offsetof(Settings, standby_controllers) },
    { NULL },
};

typedef struct {
    const char *at;
    const char *path;
    unsigned line;
} Reader;

static bool
refuse(const Reader *reader, GError **error, const char *what)
{
    return fail(error, FAILURE_CONFIG_UNSUPPORTED, "%s:%u: %s", reader->path, reader->line, what);
}

static void
skip_blanks(Reader *reader, bool lines_too)
{
    for (;;) {
        if (*reader->at == '#') {
            reader->at += strcspn(reader->at, "\n");
        } else if (lines_too && *reader->at == '\n') {
            reader->line++;
            reader->at++;
        } else if (*reader->at && strchr(" \t\r", *reader->at)) {
            reader->at++;
        } else {
            return;
        }
    }
}

static bool
read_string(Reader *reader, Value *value, GError **error)
{
    bool many_lines = g_str_has_prefix(reader->at, "\"\"\"");
    char quote[4] = { *reader->at, 0 };
    const char *end;
    const char *p;

    if (many_lines)
        strcpy(quote, "\"\"\"");
    reader->at += strlen(quote);
    end = strstr(reader->at, quote);
    if (!end || (!many_lines && memchr(reader->at, '\n', end - reader->at)))
        return refuse(reader, error, "the string is not closed on its line");
    for (p = reader->at; p < end; p++)
        reader->line += *p == '\n';
    value->kind = VALUE_STRING;
    value->text = g_strndup(reader->at, end - reader->at);
    reader->at = end + strlen(quote);
    return true;
}

static bool
read_plain(Reader *reader, Value *value, GError **error)
{
    const char *start = reader->at;

    if (*start == '"' || *start == '\'')
        return read_string(reader, value, error);
    if (*reader->at == '-')
        reader->at++;
    while (g_ascii_isdigit(*reader->at))
        reader->at++;
    if (!g_ascii_isdigit(reader->at[-1]) || reader->at == start)
        return refuse(reader, error, "expected a number, a quoted string or a list");
    value->kind = VALUE_NUMBER;
    value->text = g_strndup(start, reader->at - start);
    return true;
}

static bool
skip_list(Reader *reader, GError **error)
{
    for (reader->at++;;) {
        Value value = { 0 };

        skip_blanks(reader, true);
        if (*reader->at == ']')
            break;
        if (!read_plain(reader, &value, error))
            return false;
        g_free(value.text);
        skip_blanks(reader, true);
        if (*reader->at == ',')
            reader->at++;
        else if (*reader->at != ']')
            return refuse(reader, error, "expected ',' or ']' in the list");
    }
    reader->at++;
    return true;
}

static bool
read_value(Reader *reader, Value *value, GError **error)
{
    if (*reader->at != '[')
        return read_plain(reader, value, error);
    value->kind = VALUE_LIST;
    return skip_list(reader, error);
}

static bool
store_value(Settings *settings, const char *key, Value *value, const Reader *reader, GError **error)
{
    static const char *const expected[] = {
        [VALUE_NUMBER] = "0 or 1",
        [VALUE_COUNT] = "a number from 0 to " G_STRINGIFY(COUNT_MAX),
        [VALUE_STRING] = "a quoted string",
    };
    const Setting *setting = settings_known;
    void *member;
    guint64 count;

    while (setting->key && !g_str_equal(setting->key, key))
        setting++;
    if (!setting->key)
        return true;
    member = (char *)settings + setting->offset;
    if (setting->kind == VALUE_STRING && value->kind == VALUE_STRING) {
        g_free(*(char **)member);
        *(char **)member = g_steal_pointer(&value->text);
        return true;
    }
    if (setting->kind == VALUE_NUMBER && value->kind == VALUE_NUMBER &&
        (g_str_equal(value->text, "0") || g_str_equal(value->text, "1"))) {
        *(bool *)member = *value->text == '1';
        return true;
    }
    if (setting->kind == VALUE_COUNT && value->kind == VALUE_NUMBER &&
        g_ascii_string_to_unsigned(value->text, 10, 0, COUNT_MAX, &count, NULL)) {
        *(unsigned *)member = count;
        return true;
    }
    return fail(error, FAILURE_CONFIG_UNSUPPORTED, "%s:%u: value of '%s' must be %s", reader->path,
                reader->line, key, expected[setting->kind]);
}

static bool
read_line(Reader *reader, Settings *settings, GError **error)
{
    size_t length = strcspn(reader->at, "= \t\r\n#\"'[],");
    g_autofree char *key = g_strndup(reader->at, length);
    g_autofree char *text = NULL;
    Reader start;
    Value value = { 0 };
    bool stored;

    if (length == 0)
        return refuse(reader, error, "expected 'key = value'");
    reader->at += length;
    skip_blanks(reader, false);
    if (*reader->at != '=')
        return refuse(reader, error, "expected '=' after the key");
    reader->at++;
    skip_blanks(reader, false);
    start = *reader;
    if (!read_value(reader, &value, error))
        return false;
    stored = store_value(settings, key, &value, &start, error);
    text = value.text;
    if (!stored)
        return false;
    skip_blanks(reader, false);
    if (*reader->at && *reader->at != '\n')
        return refuse(reader, error, "expected the end of the line after the value");
    return true;
}

bool
settings_parse(const char *text, const char *path, Settings *settings, GError **error)
{
    Reader reader = { .at = text, .path = path, .line = 1 };

    for (;;) {
        skip_blanks(&reader, true);
        if (!*reader.at)
            return true;
        if (!read_line(&reader, settings, error))
            return false;
    }
}

bool
settings_load(const char *path, Settings *settings, GError **error)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return true;
    return settings_parse(text, path, settings, error);
}

void
settings_clear(Settings *settings)
{
    g_clear_pointer(&settings->security_driver, g_free);
    g_clear_pointer(&settings->idmap_default, g_free);
    g_clear_pointer(&settings->idmap_range, g_free);
    g_clear_pointer(&settings->seccomp, g_free);
    *settings = (Settings){ .view = true, .standby_controllers = 1 };
}
