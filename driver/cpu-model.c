/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares and combines <cpu> elements. */
#include "driver/cpu-model.h"

#include <string.h>

#include "controller/wire/failure.h"

/* What a <cpu> element says. */
typedef struct {
    bool seen;
    bool of_host; /* its mode means the host's own */
    char *arch;
    char *model;
    GHashTable *required;
    GHashTable *forbidden;
} CpuWish;

static void
wish_init(CpuWish *wish)
{
    memset(wish, 0, sizeof(*wish));
    wish->required = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    wish->forbidden = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static void
wish_clear(CpuWish *wish)
{
    g_free(wish->arch);
    g_free(wish->model);
    g_hash_table_unref(wish->required);
    g_hash_table_unref(wish->forbidden);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CpuWish, wish_clear)

static void
wish_start(GMarkupParseContext *context, const char *element, const char **names,
           const char **values, gpointer data, GError **error)
{
    const char *mode = NULL;
    const char *name = NULL;
    const char *policy = NULL;
    CpuWish *wish = data;

    for (; *names; names++, values++) {
        if (g_str_equal(*names, "mode"))
            mode = *values;
        else if (g_str_equal(*names, "name"))
            name = *values;
        else if (g_str_equal(*names, "policy"))
            policy = *values;
    }
    if (g_str_equal(element, "cpu")) {
        wish->seen = true;
        wish->of_host = mode && !g_str_equal(mode, "custom");
    } else if (g_str_equal(element, "feature") && name) {
        /* that of a host has no policy: it is there */
        if (!policy || g_str_equal(policy, "require") || g_str_equal(policy, "force"))
            g_hash_table_add(wish->required, g_strdup(name));
        else if (g_str_equal(policy, "forbid"))
            g_hash_table_add(wish->forbidden, g_strdup(name));
    }
}

static void
wish_text(GMarkupParseContext *context, const char *text, gsize length, gpointer data,
          GError **error)
{
    const char *element = g_markup_parse_context_get_element(context);
    CpuWish *wish = data;
    char **member = NULL;

    if (g_strcmp0(element, "arch") == 0)
        member = &wish->arch;
    else if (g_strcmp0(element, "model") == 0)
        member = &wish->model;
    if (!member)
        return;
    g_free(*member);
    *member = g_strstrip(g_strndup(text, length));
}

static bool
wish_parse(CpuWish *wish, const char *xml, GError **error)
{
    static const GMarkupParser parser = { .start_element = wish_start, .text = wish_text };
    GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, wish, NULL);
    g_autoptr(GError) broken = NULL;
    bool good = g_markup_parse_context_parse(context, xml, -1, &broken) &&
                g_markup_parse_context_end_parse(context, &broken);

    g_markup_parse_context_free(context);
    if (!good)
        return fail(error, FAILURE_XML, "the description of a processor is not well-formed: %s",
                    broken->message);
    return wish->seen || fail(error, FAILURE_XML, "a processor is described by the element <cpu>");
}

static void
add_names(GHashTable *set, GHashTable *more)
{
    GHashTableIter iter;
    gpointer name;

    g_hash_table_iter_init(&iter, more);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        g_hash_table_add(set, g_strdup(name));
}

/* Adds the features of the model to those that are named. */
static bool
wish_expand(CpuWish *wish, const CpuMap *map, GError **error)
{
    const CpuModel *model = wish->model ? cpu_map_model(map, wish->model) : NULL;

    if (wish->model && !model)
        return fail(error, FAILURE_INTERNAL, "Unknown CPU model %s: virsh cpu-models lists them",
                    wish->model);
    add_names(wish->required, model ? model->features : map->of_host);
    return true;
}

/* How many of @names are in @set. */
static guint
count_in(GHashTable *names, GHashTable *set)
{
    GHashTableIter iter;
    gpointer name;
    guint count = 0;

    g_hash_table_iter_init(&iter, names);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        count += g_hash_table_contains(set, name);
    return count;
}

virCPUCompareResult
cpu_compare(const char *xml, const char *host_arch, GError **error)
{
    g_auto(CpuWish) wish = { 0 };
    g_autoptr(CpuMap) map = NULL;

    wish_init(&wish);
    if (!wish_parse(&wish, xml, error))
        return VIR_CPU_COMPARE_ERROR;
    if (wish.arch && !g_str_equal(wish.arch, host_arch))
        return VIR_CPU_COMPARE_INCOMPATIBLE;
    if (wish.of_host || (!wish.model && g_hash_table_size(wish.required) == 0))
        return VIR_CPU_COMPARE_IDENTICAL;
    if (!(map = cpu_map_read(host_arch, error)) || (wish.model && !wish_expand(&wish, map, error)))
        return VIR_CPU_COMPARE_ERROR;
    if (count_in(wish.required, map->of_host) < g_hash_table_size(wish.required) ||
        count_in(wish.forbidden, map->of_host) > 0)
        return VIR_CPU_COMPARE_INCOMPATIBLE;
    return g_hash_table_size(wish.required) == g_hash_table_size(map->of_host)
               ? VIR_CPU_COMPARE_IDENTICAL
               : VIR_CPU_COMPARE_SUPERSET;
}

static gboolean
is_missing(gpointer name, gpointer value, gpointer set)
{
    return !g_hash_table_contains(set, name);
}

/* The model with the most features of which all are in @features. */
static const CpuModel *
best_model(const CpuMap *map, GHashTable *features)
{
    const CpuModel *best = NULL;
    guint i;

    for (i = 0; i < map->models->len; i++) {
        const CpuModel *model = map->models->pdata[i];
        guint size = g_hash_table_size(model->features);

        if (count_in(model->features, features) == size &&
            (!best || size > g_hash_table_size(best->features)))
            best = model;
    }
    return best;
}

static gint
compare_names(gconstpointer one, gconstpointer other)
{
    return strcmp(one, other);
}

static char *
format(const CpuModel *model, GHashTable *features, bool expand)
{
    GString *out = g_string_new("<cpu mode='custom' match='exact'>\n");
    g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(features), compare_names);
    const GList *at;

    g_string_append_printf(out, "  <model fallback='forbid'>%s</model>\n", model->name);
    if (model->vendor)
        g_string_append_printf(out, "  <vendor>%s</vendor>\n", model->vendor);
    for (at = names; at; at = at->next) {
        if (expand || !g_hash_table_contains(model->features, at->data))
            g_string_append_printf(out, "  <feature policy='require' name='%s'/>\n",
                                   (const char *)at->data);
    }
    g_string_append(out, "</cpu>\n");
    return g_string_free(out, FALSE);
}

char *
cpu_baseline(const char *const *documents, unsigned count, bool expand, const char *host_arch,
             GError **error)
{
    g_autoptr(CpuMap) map = cpu_map_read(host_arch, error);
    g_autoptr(GHashTable) common = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const CpuModel *model;
    unsigned i;

    if (!map)
        return NULL;
    for (i = 0; i < count; i++) {
        g_auto(CpuWish) wish = { 0 };

        wish_init(&wish);
        if (!wish_parse(&wish, documents[i], error) || !wish_expand(&wish, map, error))
            return NULL;
        if (i == 0)
            add_names(common, wish.required);
        else
            g_hash_table_foreach_remove(common, is_missing, wish.required);
    }
    if (!(model = best_model(map, common))) {
        fail(error, FAILURE_OPERATION_FAILED, "the processors have no model in common");
        return NULL;
    }
    return format(model, common, expand);
}
