/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Structs to and from JSON by row tables. json.c is the only file that knows the JSON library.
 *
 * A JsonType describes one struct: its size and its rows. Members of kind JSON_OBJECT are pointers
 * to structs (NULL: absent), JSON_OBJECTS are GPtrArray * of such pointers (NULL: absent). Empty
 * objects and empty arrays of objects are not written unless the row says JSON_ALWAYS. Strings and
 * lists are owned by the struct; json_free() frees all.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    JSON_STRING,  /* char *, NULL: absent */
    JSON_STRINGS, /* char ** (GStrv), NULL: absent */
    JSON_BOOL,    /* bool, false: absent */
    JSON_INT,     /* int64_t, absent when equal to .absent */
    JSON_DOUBLE,  /* double, always written; a missing one reads as 0 */
    JSON_UINT,    /* uint64_t, absent when equal to (uint64_t).absent */
    JSON_OBJECT,  /* struct *, described by .type */
    JSON_OBJECTS, /* GPtrArray * of struct *, described by .type */
    JSON_PAIRS,   /* GPtrArray * of JsonPair *: an object whose keys and values are texts */
    JSON_INLINE,  /* an object in the text; its rows (.type) are members of this same struct */
    JSON_NOTHING, /* no member: written as [], must be empty or missing when read */
} JsonKind;

enum {
    JSON_REQUIRED = 1 << 0, /* reading fails when the key is missing */
    JSON_ALWAYS = 1 << 1,   /* written even when it has the absent value */
    /* a value of another kind is left to the next row, which has the same key; only for texts that
     * are read */
    JSON_ALTERNATIVE = 1 << 2,
    JSON_UNLIMITED = 1 << 3, /* JSON_UINT: UINT64_MAX and what is beyond it means no limit */
};

typedef struct JsonType JsonType;

typedef struct {
    const char *key;
    JsonKind kind;
    size_t offset;
    const JsonType *type;
    int64_t absent; /* what a missing number reads as, and what is not written */
    unsigned flags;
} JsonField;

struct JsonType {
    const char *name; /* for messages: "mount", "process" */
    size_t size;
    const JsonField *fields; /* ends with a NULL key */
};

typedef struct {
    char *key;
    char *value;
} JsonPair;

/* An empty array for a JSON_PAIRS member, and a pair at its end. */
GPtrArray *json_pairs_new(void);
void json_pairs_add(GPtrArray *pairs, const char *key, const char *value);

/*
 * A new struct of @type with every member at its absent value; free with json_free(). Structs that
 * are put into members or arrays of others must come from here: the type is kept in front of the
 * struct.
 */
void *json_new(const JsonType *type);

/* Frees @object and all it owns; NULL is allowed. */
void json_free(const JsonType *type, void *object);

/* A GPtrArray that frees its elements as structs of @type. */
GPtrArray *json_array_new(const JsonType *type);

/*
 * One JSON text for @object; bytes that are no UTF-8 become U+FFFD; pretty: indented by two spaces
 * with a final newline, otherwise one line. Keys come in row order. Never fails. Free with
 * g_free().
 */
char *json_write(const JsonType *type, const void *object, bool pretty);

/*
 * Reads @length bytes at @text. Unknown keys are ignored; a key of the wrong type, a missing
 * required key, a number out of range, nesting deeper than 32 or text that is no JSON fails with
 * FAILURE_INTERNAL and a message that names the path ("mounts[3].destination: not a string").
 */
void *json_read(const JsonType *type, const char *text, size_t length, GError **error);

/*
 * The paths ("linux.seccomp", "mounts[3].uidMappings") of all keys in the text that no row of @type
 * knows, at most @max of them; empty for what is no JSON object. For readers that must not overlook
 * what json_read() ignores. Free with g_strfreev().
 */
char **json_unknown(const JsonType *type, const char *text, size_t length, unsigned max);
