/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Comparing of definitions, row by row. */
#include "xml/definition-changes.h"

#include <string.h>

#include "xml/elements.h"

typedef struct {
    GPtrArray *list;
    const void *old; /* structs of one type */
    const void *new;
} Comparison;

static void
change_free(Change *change)
{
    g_free(change->what);
    g_free(change);
}

static void
change_add(GPtrArray *list, char *what, ChangeKind kind, bool running)
{
    Change *change = g_new(Change, 1);

    change->what = what;
    change->kind = kind;
    change->running = running;
    g_ptr_array_add(list, change);
}

static char *
print(const XmlType *type, const void *object)
{
    XmlWriter writer = { .out = g_string_new(NULL), .secure = true };

    xml_print(type, &writer, object);
    return g_string_free(writer.out, FALSE);
}

/* What one row prints, within the element that the writer is thought to have open. */
static char *
print_row(const XmlType *type, const XmlField *field, const void *object)
{
    XmlField rows[] = { *field, { NULL } };
    XmlType one = *type;

    one.fields = rows;
    return print(&one, object);
}

/* By what the user tells devices of one kind apart; NULL: there is no such thing. */
static const char *
identity(const XmlType *type, const void *object)
{
    if (type == &interface_type)
        return ((const Interface *)object)->mac;
    if (type == &disk_type)
        return ((const Disk *)object)->target;
    if (type == &filesystem_type)
        return ((const Filesystem *)object)->target;
    return NULL;
}

/* Devices of one list by "identity#n": several may share one. What has no identity is its text. */
static GHashTable *
index_devices(const XmlType *type, const GPtrArray *devices, GPtrArray *keys)
{
    GHashTable *table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GHashTable) counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    guint i;

    for (i = 0; i < devices->len; i++) {
        g_autofree char *text = print(type, devices->pdata[i]);
        const char *name = identity(type, devices->pdata[i]);
        guint count;
        char *key;

        name = name ? name : text;
        count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, name)) + 1;
        g_hash_table_insert(counts, g_strdup(name), GUINT_TO_POINTER(count));
        key = g_strdup_printf("%s#%u", name, count);
        g_ptr_array_add(keys, g_strdup(key));
        g_hash_table_insert(table, key, g_steal_pointer(&text));
    }
    return table;
}

/* "devices/interface 52:54:00:0b:0c:01" */
static char *
device_title(const XmlField *field, const void *object)
{
    const char *name = identity(field->type, object);

    return name ? g_strdup_printf("%s %s", field->path, name) : g_strdup(field->path);
}

static void
compare_devices(const Comparison *comparison, const XmlField *field)
{
    const GPtrArray *old = *(GPtrArray *const *)((const char *)comparison->old + field->offset);
    const GPtrArray *new = *(GPtrArray *const *)((const char *)comparison->new + field->offset);
    g_autoptr(GPtrArray) old_keys = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) new_keys = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) before = index_devices(field->type, old, old_keys);
    g_autoptr(GHashTable) after = index_devices(field->type, new, new_keys);
    bool plugs = field->flags & FIELD_RUNNING;
    guint i;

    for (i = 0; i < old->len; i++) {
        if (!g_hash_table_contains(after, old_keys->pdata[i]))
            change_add(comparison->list, device_title(field, old->pdata[i]), CHANGE_REMOVED, plugs);
    }
    for (i = 0; i < new->len; i++) {
        const char *text = g_hash_table_lookup(before, new_keys->pdata[i]);

        if (!text)
            change_add(comparison->list, device_title(field, new->pdata[i]), CHANGE_ADDED, plugs);
        else if (!g_str_equal(text, g_hash_table_lookup(after, new_keys->pdata[i])))
            change_add(comparison->list, device_title(field, new->pdata[i]), CHANGE_VALUE, false);
    }
}

static void compare_rows(const Comparison *comparison, const XmlType *type, const char *prefix);

static void
compare_row(const Comparison *comparison, const XmlType *type, const XmlField *field,
            const char *prefix)
{
    g_autofree char *path = g_strconcat(prefix, field->path, NULL);
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;

    if (field->kind == FIELD_STRUCT) {
        Comparison below = { comparison->list, (const char *)comparison->old + field->offset,
                             (const char *)comparison->new + field->offset };
        g_autofree char *inner = g_strconcat(path, "/", NULL);

        compare_rows(&below, field->type, inner);
        return;
    }
    if (field->kind == FIELD_STRUCTS && g_str_has_prefix(field->path, "devices/")) {
        compare_devices(comparison, field);
        return;
    }
    before = print_row(type, field, comparison->old);
    after = print_row(type, field, comparison->new);
    /* what is only kept has no effect that could come too late */
    if (!g_str_equal(before, after))
        change_add(comparison->list, g_steal_pointer(&path), CHANGE_VALUE,
                   field->kind == FIELD_KEPT || (field->flags & FIELD_RUNNING));
}

static void
compare_rows(const Comparison *comparison, const XmlType *type, const char *prefix)
{
    const XmlField *field;

    for (field = type->fields; field->path; field++) {
        if (!(field->flags & (FIELD_LIVE | FIELD_DRAFT)))
            compare_row(comparison, type, field, prefix);
    }
}

GPtrArray *
definition_changes(const Definition *old, const Definition *new)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)change_free);
    Comparison comparison = { list, old, new };

    compare_rows(&comparison, &domain_type, "");
    return list;
}
