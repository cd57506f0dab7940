/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Structs to and from JSON; the only file that knows json-c. */
#include "controller/wire/json.h"

#include <json-c/json_object.h>
#include <json-c/json_object_iterator.h>
#include <json-c/json_tokener.h>
#include <limits.h>
#include <string.h>

#include "controller/wire/failure.h"

#define NESTING_MAX 32

typedef struct json_object Value;

static bool object_read(const JsonType *type, void *object, Value *value, GString *path,
                        GError **error);

static Value *object_write(const JsonType *type, const void *object);

static void *
member_of(const void *object, const JsonField *field)
{
    return (char *)object + field->offset;
}

static void
members_init(const JsonType *type, void *object)
{
    const JsonField *field;

    for (field = type->fields; field->key; field++) {
        if (field->kind == JSON_INT || field->kind == JSON_UINT)
            *(int64_t *)member_of(object, field) = field->absent;
        else if (field->kind == JSON_INLINE)
            members_init(field->type, object);
    }
}

/* GPtrArray's free function has no user data, so each struct carries its type in front of it. */
typedef struct {
    const JsonType *type;
} Head __attribute__((aligned(16)));

void *
json_new(const JsonType *type)
{
    Head *head = g_malloc0(sizeof(Head) + type->size);

    head->type = type;
    members_init(type, head + 1);
    return head + 1;
}

static void
members_clear(const JsonType *type, void *object)
{
    const JsonField *field;

    for (field = type->fields; field->key; field++) {
        void **member = member_of(object, field);

        switch (field->kind) {
        case JSON_STRING:
            g_clear_pointer((char **)member, g_free);
            break;
        case JSON_STRINGS:
            g_clear_pointer((char ***)member, g_strfreev);
            break;
        case JSON_OBJECT:
            json_free(field->type, *member);
            *member = NULL;
            break;
        case JSON_OBJECTS:
        case JSON_PAIRS:
            g_clear_pointer((GPtrArray **)member, g_ptr_array_unref);
            break;
        case JSON_INLINE:
            members_clear(field->type, object);
            break;
        case JSON_BOOL:
        case JSON_INT:
        case JSON_DOUBLE:
        case JSON_UINT:
        case JSON_NOTHING:
            break;
        }
    }
}

void
json_free(const JsonType *type, void *object)
{
    if (!object)
        return;
    members_clear(type, object);
    g_free((Head *)object - 1);
}

static void
object_free(void *object)
{
    json_free(((Head *)object - 1)->type, object);
}

GPtrArray *
json_array_new(G_GNUC_UNUSED const JsonType *type)
{
    return g_ptr_array_new_with_free_func(object_free);
}

static void
pair_free(void *data)
{
    JsonPair *pair = data;

    g_free(pair->key);
    g_free(pair->value);
    g_free(pair);
}

GPtrArray *
json_pairs_new(void)
{
    return g_ptr_array_new_with_free_func(pair_free);
}

void
json_pairs_add(GPtrArray *pairs, const char *key, const char *value)
{
    JsonPair *pair = g_new(JsonPair, 1);

    pair->key = g_strdup(key);
    pair->value = g_strdup(value);
    g_ptr_array_add(pairs, pair);
}

/* Writing */

static Value *
string_write(const char *text)
{
    g_autofree char *valid = NULL;

    if (!g_utf8_validate(text, -1, NULL))
        text = valid = g_utf8_make_valid(text, -1);
    return json_object_new_string(text);
}

static Value *
strings_write(char *const *texts)
{
    Value *array = json_object_new_array();

    for (; texts && *texts; texts++)
        json_object_array_add(array, string_write(*texts));
    return array;
}

static Value *
objects_write(const JsonType *type, const GPtrArray *objects)
{
    Value *array = json_object_new_array();
    guint i;

    for (i = 0; objects && i < objects->len; i++)
        json_object_array_add(array, object_write(type, objects->pdata[i]));
    return array;
}

/* The last one of two pairs with one key counts. */
static Value *
pairs_write(const GPtrArray *pairs)
{
    Value *object = json_object_new_object();
    guint i;

    for (i = 0; pairs && i < pairs->len; i++) {
        const JsonPair *pair = pairs->pdata[i];

        json_object_object_add(object, pair->key, string_write(pair->value));
    }
    return object;
}

static Value *
drop_empty(Value *object)
{
    if (!object || json_object_object_length(object) > 0)
        return object;
    json_object_put(object);
    return NULL;
}

/* NULL: the member has its absent value. */
static Value *
member_write(const JsonField *field, const void *object)
{
    void *member = member_of(object, field);
    bool always = field->flags & JSON_ALWAYS;
    GPtrArray *objects;
    Value *value;

    switch (field->kind) {
    case JSON_STRING:
        if (!*(char **)member && !always)
            return NULL;
        return string_write(*(char **)member ? *(char **)member : "");
    case JSON_STRINGS:
        return *(char ***)member || always ? strings_write(*(char ***)member) : NULL;
    case JSON_BOOL:
        return *(bool *)member || always ? json_object_new_boolean(*(bool *)member) : NULL;
    case JSON_INT:
        if (*(int64_t *)member == field->absent && !always)
            return NULL;
        return json_object_new_int64(*(int64_t *)member);
    case JSON_DOUBLE:
        return json_object_new_double(*(double *)member);
    case JSON_UINT:
        if (*(uint64_t *)member == (uint64_t)field->absent && !always)
            return NULL;
        return json_object_new_uint64(*(uint64_t *)member);
    case JSON_OBJECT:
        value = *(void **)member ? object_write(field->type, *(void **)member) : NULL;
        return always ? value : drop_empty(value);
    case JSON_OBJECTS:
        objects = *(GPtrArray **)member;
        return (objects && objects->len) || always ? objects_write(field->type, objects) : NULL;
    case JSON_PAIRS:
        value = pairs_write(*(GPtrArray **)member);
        return always ? value : drop_empty(value);
    case JSON_INLINE:
        value = object_write(field->type, object);
        return always ? value : drop_empty(value);
    case JSON_NOTHING:
        return json_object_new_array();
    }
    g_assert_not_reached();
}

static Value *
object_write(const JsonType *type, const void *object)
{
    Value *value = json_object_new_object();
    const JsonField *field;

    for (field = type->fields; field->key; field++) {
        Value *member = member_write(field, object);

        /* keys of one table differ, and they are constants */
        if (member)
            json_object_object_add_ex(value, field->key, member,
                                      JSON_C_OBJECT_ADD_KEY_IS_NEW |
                                          JSON_C_OBJECT_ADD_CONSTANT_KEY);
    }
    return value;
}

/* Releases of json-c differ in what they put into an empty array. Strings have no line ends: they
 * are escaped. */
static void
close_empty_arrays(char *text)
{
    char *to = text;
    const char *from;

    for (from = text; *from; from++) {
        *to++ = *from;
        if (*from == '[' && from[1 + strspn(from + 1, " \n")] == ']')
            from += strspn(from + 1, " \n");
    }
    *to = 0;
}

char *
json_write(const JsonType *type, const void *object, bool pretty)
{
    Value *value = object_write(type, object);
    int flags = JSON_C_TO_STRING_NOSLASHESCAPE;
    char *text;

    if (pretty)
        flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
    text = g_strconcat(json_object_to_json_string_ext(value, flags), pretty ? "\n" : NULL, NULL);
    json_object_put(value);
    if (pretty)
        close_empty_arrays(text);
    return text;
}

/* Reading */

static bool
expect(Value *value, enum json_type type, const char *what, const GString *path, GError **error)
{
    if (json_object_get_type(value) == type)
        return true;
    return fail(error, FAILURE_INTERNAL, "%s: not %s", path->str, what);
}

static bool
string_read(Value *value, char **ret_text, const GString *path, GError **error)
{
    size_t length;

    if (!expect(value, json_type_string, "a string", path, error))
        return false;
    length = json_object_get_string_len(value);
    /* everything this text goes to (paths, names, argv) ends at the first NUL */
    if (memchr(json_object_get_string(value), '\0', length))
        return fail(error, FAILURE_INTERNAL, "%s: contains a NUL character", path->str);
    *ret_text = g_strndup(json_object_get_string(value), length);
    return true;
}

static bool
strings_read(Value *value, char ***ret_texts, GString *path, GError **error)
{
    g_auto(GStrv) texts = NULL;
    size_t base = path->len;
    size_t n;
    size_t i;

    if (!expect(value, json_type_array, "an array", path, error))
        return false;
    n = json_object_array_length(value);
    texts = g_new0(char *, n + 1);
    for (i = 0; i < n; i++) {
        g_string_append_printf(path, "[%zu]", i);
        if (!string_read(json_object_array_get_idx(value, i), &texts[i], path, error))
            return false;
        g_string_truncate(path, base);
    }
    *ret_texts = g_steal_pointer(&texts);
    return true;
}

static bool
objects_read(const JsonType *type, Value *value, GPtrArray **ret_objects, GString *path,
             GError **error)
{
    g_autoptr(GPtrArray) objects = json_array_new(type);
    size_t base = path->len;
    size_t n;
    size_t i;

    if (!expect(value, json_type_array, "an array", path, error))
        return false;
    n = json_object_array_length(value);
    for (i = 0; i < n; i++) {
        void *object = json_new(type);

        g_ptr_array_add(objects, object);
        g_string_append_printf(path, "[%zu]", i);
        if (!object_read(type, object, json_object_array_get_idx(value, i), path, error))
            return false;
        g_string_truncate(path, base);
    }
    *ret_objects = g_steal_pointer(&objects);
    return true;
}

static bool
pairs_read(Value *value, GPtrArray **ret_pairs, GString *path, GError **error)
{
    g_autoptr(GPtrArray) pairs = json_pairs_new();
    size_t base = path->len;
    struct json_object_iterator at;
    struct json_object_iterator end;

    if (!expect(value, json_type_object, "an object", path, error))
        return false;
    at = json_object_iter_begin(value);
    end = json_object_iter_end(value);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        const char *key = json_object_iter_peek_name(&at);
        g_autofree char *text = NULL;

        g_string_append_printf(path, ".%s", key);
        if (!string_read(json_object_iter_peek_value(&at), &text, path, error))
            return false;
        json_pairs_add(pairs, key, text);
        g_string_truncate(path, base);
    }
    *ret_pairs = g_steal_pointer(&pairs);
    return true;
}

/*
 * json-c clamps silently, so the ends of its ranges stand for everything beyond them and are
 * refused too; nothing we carry goes that far (UINT64_MAX is CONTAINER_UNSET) but a row that says
 * so.
 */
static bool
number_read(Value *value, const JsonField *field, void *member, const GString *path, GError **error)
{
    int64_t number;
    uint64_t natural;

    if (!expect(value, json_type_int, "a whole number", path, error))
        return false;
    number = json_object_get_int64(value);
    natural = json_object_get_uint64(value);
    if (field->kind == JSON_INT
            ? number == INT64_MIN || natural > INT64_MAX
            : number < 0 || (natural == UINT64_MAX && !(field->flags & JSON_UNLIMITED)))
        return fail(error, FAILURE_INTERNAL, "%s: number out of range", path->str);
    if (field->kind == JSON_INT)
        *(int64_t *)member = number;
    else
        *(uint64_t *)member = natural;
    return true;
}

static bool
member_read(const JsonField *field, void *object, Value *value, GString *path, GError **error)
{
    void *member = member_of(object, field);

    switch (field->kind) {
    case JSON_STRING:
        return string_read(value, member, path, error);
    case JSON_STRINGS:
        return strings_read(value, member, path, error);
    case JSON_BOOL:
        if (!expect(value, json_type_boolean, "true or false", path, error))
            return false;
        *(bool *)member = json_object_get_boolean(value);
        return true;
    case JSON_DOUBLE:
        if (!json_object_is_type(value, json_type_int) &&
            !expect(value, json_type_double, "a number", path, error))
            return false;
        *(double *)member = json_object_get_double(value);
        return true;
    case JSON_INT:
    case JSON_UINT:
        return number_read(value, field, member, path, error);
    case JSON_OBJECT:
        *(void **)member = json_new(field->type);
        return object_read(field->type, *(void **)member, value, path, error);
    case JSON_OBJECTS:
        return objects_read(field->type, value, member, path, error);
    case JSON_PAIRS:
        return pairs_read(value, member, path, error);
    case JSON_INLINE:
        return object_read(field->type, object, value, path, error);
    case JSON_NOTHING:
        if (!expect(value, json_type_array, "an array", path, error))
            return false;
        if (json_object_array_length(value) > 0)
            return fail(error, FAILURE_INTERNAL, "%s: must be empty", path->str);
        return true;
    }
    g_assert_not_reached();
}

/* Whether a row with JSON_ALTERNATIVE takes @value. */
static bool
alternative_fits(const JsonField *field, Value *value)
{
    switch (field->kind) {
    case JSON_BOOL:
        return json_object_is_type(value, json_type_boolean);
    case JSON_INT:
        return json_object_is_type(value, json_type_int);
    default:
        return true;
    }
}

/* @path names @object; it is restored on success and names the culprit on failure. */
static bool
object_read(const JsonType *type, void *object, Value *value, GString *path, GError **error)
{
    size_t base = path->len;
    const JsonField *field;
    Value *member;

    if (!expect(value, json_type_object, "an object", path, error))
        return false;
    for (field = type->fields; field->key; field++) {
        if (base > 0)
            g_string_append_c(path, '.');
        g_string_append(path, field->key);
        if (json_object_object_get_ex(value, field->key, &member)) {
            if ((field->flags & JSON_ALTERNATIVE) && !alternative_fits(field, member)) {
                g_string_truncate(path, base);
                continue;
            }
            if (!member_read(field, object, member, path, error))
                return false;
            if (field->flags & JSON_ALTERNATIVE)
                field++; /* the next row is for what this one does not take */
        } else if (field->flags & JSON_REQUIRED) {
            return fail(error, FAILURE_INTERNAL, "%s: missing", path->str);
        }
        g_string_truncate(path, base);
    }
    return true;
}

static size_t
escape_width(gunichar character)
{
    return character < 0x80 ? 1 : character < 0x10000 ? 6 : 12;
}

/*
 * json-c 0.18 takes every character beyond ASCII for a mistake when it is strict: they go in as
 * escapes. They stand in strings only; anywhere else an escape is as wrong as they are.
 */
static GString *
text_escape(const char *text, size_t length, GError **error)
{
    g_autoptr(GString) escaped = g_string_sized_new(2 * length);
    bool quoted = false; /* by a backslash */
    const char *at;

    if (!g_utf8_validate_len(text, length, &at)) {
        fail(error, FAILURE_INTERNAL, "not JSON: invalid utf-8 string at byte %zu",
             (size_t)(at - text));
        return NULL;
    }
    for (at = text; at < text + length; at = g_utf8_next_char(at)) {
        gunichar character = g_utf8_get_char(at);

        if (character < 0x80) {
            g_string_append_c(escaped, character);
        } else if (quoted) {
            fail(error, FAILURE_INTERNAL, "not JSON: invalid escape at byte %zu",
                 (size_t)(at - text));
            return NULL;
        } else if (character < 0x10000) {
            g_string_append_printf(escaped, "\\u%04x", character);
        } else {
            g_string_append_printf(escaped, "\\u%04x\\u%04x", 0xd7c0 + (character >> 10),
                                   0xdc00 + (character & 0x3ff));
        }
        quoted = character == '\\' && !quoted;
    }
    return g_steal_pointer(&escaped);
}

/* Where in @text is what has the offset @place after text_escape(). */
static size_t
text_place(const char *text, size_t place)
{
    const char *at;

    for (at = text; place > 0; at = g_utf8_next_char(at))
        place -= MIN(place, escape_width(g_utf8_get_char(at)));
    return at - text;
}

static bool
is_ascii(const char *text, size_t length)
{
    size_t i;

    for (i = 0; i < length && (signed char)text[i] >= 0; i++)
        ;
    return i == length;
}

static Value *
text_parse(const char *original, size_t original_length, GError **error)
{
    g_autoptr(GString) escaped = NULL;
    const char *text = original;
    size_t length = original_length;
    struct json_tokener *tokener;
    enum json_tokener_error reason;
    Value *value;
    size_t end;

    if (!is_ascii(text, length)) {
        if (!(escaped = text_escape(text, length, error)))
            return NULL;
        text = escaped->str;
        length = escaped->len;
    }

    if (length > INT_MAX) {
        fail(error, FAILURE_INTERNAL, "not JSON: the text is too long");
        return NULL;
    }
    tokener = json_tokener_new_ex(NESTING_MAX);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8 |
                                        JSON_TOKENER_ALLOW_TRAILING_CHARS);
    value = json_tokener_parse_ex(tokener, text, length);
    reason = json_tokener_get_error(tokener);
    end = json_tokener_get_parse_end(tokener);
    json_tokener_free(tokener);

    if (reason == json_tokener_error_depth) {
        fail(error, FAILURE_INTERNAL, "not JSON: nested deeper than %d", NESTING_MAX);
    } else if (reason == json_tokener_continue) {
        fail(error, FAILURE_INTERNAL, "not JSON: the text ends too early");
    } else if (reason != json_tokener_success) {
        fail(error, FAILURE_INTERNAL, "not JSON: %s at byte %zu", json_tokener_error_desc(reason),
             escaped ? text_place(original, end) : end);
    } else {
        while (end < length && memchr(" \t\r\n", text[end], 4))
            end++;
        if (end == length)
            return value;
        fail(error, FAILURE_INTERNAL, "not JSON: something follows the object at byte %zu",
             escaped ? text_place(original, end) : end);
    }
    json_object_put(value);
    return NULL;
}

void *
json_read(const JsonType *type, const char *text, size_t length, GError **error)
{
    g_autoptr(GString) path = g_string_new(NULL);
    void *object;
    Value *value;
    bool ok;

    if (!(value = text_parse(text, length, error))) {
        /* the text "null" parses to no value at all */
        if (error && !*error)
            fail(error, FAILURE_INTERNAL, "%s: not an object", type->name);
        return NULL;
    }
    if (!json_object_is_type(value, json_type_object)) {
        json_object_put(value);
        fail(error, FAILURE_INTERNAL, "%s: not an object", type->name);
        return NULL;
    }
    object = json_new(type);
    ok = object_read(type, object, value, path, error);
    json_object_put(value);
    if (!ok) {
        json_free(type, object);
        return NULL;
    }
    return object;
}

/* What no row knows */

typedef struct {
    GString *path; /* of the object that is looked at */
    GPtrArray *found;
    unsigned max;
} UnknownKeys;

static void object_unknown(const JsonType *type, Value *object, UnknownKeys *keys);

static void
objects_unknown(const JsonType *type, Value *array, UnknownKeys *keys)
{
    size_t base = keys->path->len;
    size_t i;

    for (i = 0; i < json_object_array_length(array); i++) {
        g_string_append_printf(keys->path, "[%zu]", i);
        object_unknown(type, json_object_array_get_idx(array, i), keys);
        g_string_truncate(keys->path, base);
    }
}

static const JsonField *
field_find(const JsonType *type, const char *key)
{
    const JsonField *field;

    for (field = type->fields; field->key; field++) {
        if (g_str_equal(field->key, key))
            return field;
    }
    return NULL;
}

static void
member_unknown(const JsonField *field, Value *value, UnknownKeys *keys)
{
    bool array = json_object_is_type(value, json_type_array);

    if (!field) {
        if (keys->found->len < keys->max)
            g_ptr_array_add(keys->found, g_strdup(keys->path->str));
    } else if (field->kind == JSON_OBJECT || field->kind == JSON_INLINE) {
        object_unknown(field->type, value, keys);
    } else if (field->kind == JSON_OBJECTS && array) {
        objects_unknown(field->type, value, keys);
    }
}

static void
object_unknown(const JsonType *type, Value *object, UnknownKeys *keys)
{
    size_t base = keys->path->len;
    struct json_object_iterator at;
    struct json_object_iterator end;

    if (!json_object_is_type(object, json_type_object))
        return;
    at = json_object_iter_begin(object);
    end = json_object_iter_end(object);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        const char *key = json_object_iter_peek_name(&at);

        g_string_append_printf(keys->path, "%s%s", base > 0 ? "." : "", key);
        member_unknown(field_find(type, key), json_object_iter_peek_value(&at), keys);
        g_string_truncate(keys->path, base);
    }
}

char **
json_unknown(const JsonType *type, const char *text, size_t length, unsigned max)
{
    g_autoptr(GString) path = g_string_new(NULL);
    UnknownKeys keys = { path, g_ptr_array_new(), max };
    Value *value = text_parse(text, length, NULL);

    object_unknown(type, value, &keys);
    json_object_put(value);
    g_ptr_array_add(keys.found, NULL);
    return (char **)g_ptr_array_free(keys.found, FALSE);
}
