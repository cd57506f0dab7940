/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads libvirt's map of processors, and asks the processor which of the features it has. */
#include "driver/cpu-map.h"

#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "controller/wire/failure.h"

#define MAP_DIRECTORY "/usr/share/libvirt/cpu_map"

static const struct {
    const char *arch;
    const char *map;
} arches[] = {
    { "x86_64", "x86" }, { "i686", "x86" },    { "aarch64", "arm" },
    { "armv7l", "arm" }, { "ppc64", "ppc64" }, { "ppc64le", "ppc64" },
};

/* Where the reader is in a file of the map. */
typedef struct {
    CpuMap *map;
    bool inside;      /* in the <arch> that is wanted */
    GPtrArray *files; /* what index.xml includes */
    CpuModel *model;  /* the one that is being read */
    char *feature;    /* the same */
} MapReader;

static const char *
attribute(const char **names, const char **values, const char *name)
{
    for (; *names; names++, values++) {
        if (g_str_equal(*names, name))
            return *values;
    }
    return NULL;
}

/* Whether the host's processor has all bits that a <cpuid> element names. */
static bool
host_has(const char **names, const char **values)
{
#if defined(__x86_64__) || defined(__i386__)
    static const char *const registers[] = { "eax", "ebx", "ecx", "edx" };
    const char *leaf = attribute(names, values, "eax_in");
    const char *subleaf = attribute(names, values, "ecx_in");
    unsigned have[4];
    size_t i;

    if (!leaf || !__get_cpuid_count((unsigned)strtoul(leaf, NULL, 0),
                                    subleaf ? (unsigned)strtoul(subleaf, NULL, 0) : 0, &have[0],
                                    &have[1], &have[2], &have[3]))
        return false;
    for (i = 0; i < G_N_ELEMENTS(registers); i++) {
        const char *bits = attribute(names, values, registers[i]);
        unsigned long wanted = bits ? strtoul(bits, NULL, 0) : 0;

        if ((have[i] & wanted) != wanted)
            return false;
    }
    return true;
#else
    return false;
#endif
}

static void
add_all(GHashTable *set, GHashTable *more)
{
    GHashTableIter iter;
    gpointer name;

    g_hash_table_iter_init(&iter, more);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        g_hash_table_add(set, g_strdup(name));
}

/* An element in <model>: another model that it is made of, a feature, its vendor. */
static void
read_part(MapReader *reader, const char *element, const char **names, const char **values)
{
    const char *name = attribute(names, values, "name");
    const CpuModel *base;

    if (!name)
        return;
    if (g_str_equal(element, "model") && (base = cpu_map_model(reader->map, name)))
        add_all(reader->model->features, base->features);
    else if (g_str_equal(element, "vendor") && !reader->model->vendor)
        reader->model->vendor = g_strdup(name);
    /* What has left a model or came to it later is not asked of a host of that name. What came is
     * of machines inside machines, in registers that only the kernel can read. */
    else if (g_str_equal(element, "feature") && !attribute(names, values, "removed") &&
             !attribute(names, values, "added"))
        g_hash_table_add(reader->model->features, g_strdup(name));
}

static CpuModel *
add_model(CpuMap *map, const char *name)
{
    CpuModel *model = g_new0(CpuModel, 1);

    model->name = g_strdup(name);
    model->features = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_ptr_array_add(map->models, model);
    return model;
}

static void
map_start(GMarkupParseContext *context, const char *element, const char **names,
          const char **values, gpointer data, GError **error)
{
    const char *name = attribute(names, values, "name");
    MapReader *reader = data;

    if (reader->files) {
        if (g_str_equal(element, "arch"))
            reader->inside = g_strcmp0(name, reader->map->arch) == 0;
        else if (g_str_equal(element, "include") && reader->inside)
            g_ptr_array_add(reader->files, g_strdup(attribute(names, values, "filename")));
    } else if (reader->model) {
        read_part(reader, element, names, values);
    } else if (g_str_equal(element, "model") && name) {
        reader->model = add_model(reader->map, name);
    } else if (g_str_equal(element, "feature")) {
        g_free(reader->feature);
        reader->feature = g_strdup(name);
    } else if (g_str_equal(element, "cpuid") && reader->feature && host_has(names, values)) {
        g_hash_table_add(reader->map->of_host, g_strdup(reader->feature));
    }
}

static void
map_end(GMarkupParseContext *context, const char *element, gpointer data, GError **error)
{
    const GSList *open = g_markup_parse_context_get_element_stack(context);
    MapReader *reader = data;

    /* a model within a model is a reference */
    if (reader->model && g_str_equal(element, "model") &&
        (!open->next || !g_str_equal(open->next->data, "model")))
        reader->model = NULL;
    if (g_str_equal(element, "feature"))
        g_clear_pointer(&reader->feature, g_free);
}

static bool
read_file(MapReader *reader, const char *name, GError **error)
{
    static const GMarkupParser parser = { .start_element = map_start, .end_element = map_end };
    g_autofree char *path = g_strconcat(MAP_DIRECTORY "/", name, NULL);
    GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, reader, NULL);
    g_autoptr(GError) broken = NULL;
    g_autofree char *text = NULL;
    bool good = g_file_get_contents(path, &text, NULL, &broken) &&
                g_markup_parse_context_parse(context, text, -1, &broken) &&
                g_markup_parse_context_end_parse(context, &broken);

    g_markup_parse_context_free(context);
    g_clear_pointer(&reader->feature, g_free);
    return good || fail(error, FAILURE_INTERNAL, "cannot read libvirt's map of processors '%s': %s",
                        path, broken->message);
}

static void
model_free(gpointer data)
{
    CpuModel *model = data;

    g_free(model->name);
    g_free(model->vendor);
    g_hash_table_unref(model->features);
    g_free(model);
}

CpuMap *
cpu_map_read(const char *arch, GError **error)
{
    g_autoptr(CpuMap) map = g_new0(CpuMap, 1);
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    MapReader reader = { .map = map, .files = files };
    size_t i;

    map->models = g_ptr_array_new_with_free_func(model_free);
    map->of_host = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (i = 0; i < G_N_ELEMENTS(arches); i++) {
        if (g_str_equal(arches[i].arch, arch))
            map->arch = arches[i].map;
    }
    if (!map->arch) {
        fail(error, FAILURE_INVALID_ARG, "there are no processor models for architecture '%s'",
             arch);
        return NULL;
    }
    if (!read_file(&reader, "index.xml", error))
        return NULL;
    reader.files = NULL;
    for (i = 0; i < files->len; i++) {
        if (!read_file(&reader, files->pdata[i], error))
            return NULL;
    }
    return g_steal_pointer(&map);
}

void
cpu_map_free(CpuMap *map)
{
    if (!map)
        return;
    g_clear_pointer(&map->models, g_ptr_array_unref);
    g_clear_pointer(&map->of_host, g_hash_table_unref);
    g_free(map);
}

const CpuModel *
cpu_map_model(const CpuMap *map, const char *name)
{
    guint i;

    for (i = 0; i < map->models->len; i++) {
        const CpuModel *model = map->models->pdata[i];

        if (g_str_equal(model->name, name))
            return model;
    }
    return NULL;
}
