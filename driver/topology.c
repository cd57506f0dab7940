/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads /sys/devices/system/{node,cpu}. */
#include "driver/topology.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CPUS_MAX 65536 /* a range in a list is not trusted beyond this */

static char *read_text(const char *root, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Content without its final newline; NULL when there is none. */
static char *
read_text(const char *root, const char *format, ...)
{
    g_autofree char *tail = NULL;
    g_autofree char *path = NULL;
    char *text = NULL;
    va_list args;

    va_start(args, format);
    tail = g_strdup_vprintf(format, args);
    va_end(args);
    path = g_strconcat(root, tail, NULL);
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return NULL;
    return g_strchomp(text);
}

static int64_t
number_or(char *text, int64_t otherwise)
{
    g_autofree char *owned = text;

    return owned && *owned ? g_ascii_strtoll(owned, NULL, 10) : otherwise;
}

GArray *
topology_parse_list(const char *text)
{
    GArray *list = g_array_new(FALSE, FALSE, sizeof(int));

    while (text && g_ascii_isdigit(*text)) {
        char *end;
        guint64 first = g_ascii_strtoull(text, &end, 10);
        guint64 last = first;

        if (*end == '-')
            last = g_ascii_strtoull(end + 1, &end, 10);
        for (; first <= last && first < CPUS_MAX; first++) {
            int number = first;

            g_array_append_val(list, number);
        }
        text = *end == ',' ? end + 1 : end;
    }
    return list;
}

static void
cpu_free(TopologyCpu *cpu)
{
    g_free(cpu->siblings);
    g_free(cpu);
}

static void
cell_free(TopologyCell *cell)
{
    g_array_unref(cell->pages);
    g_array_unref(cell->distances);
    g_ptr_array_unref(cell->cpus);
    g_free(cell);
}

static void
cache_free(TopologyCache *cache)
{
    g_free(cache->cpus);
    g_free(cache);
}

void
topology_free(Topology *topology)
{
    if (!topology)
        return;
    g_ptr_array_unref(topology->cells);
    g_ptr_array_unref(topology->caches);
    g_free(topology);
}

static TopologyCpu *
read_cpu(const char *root, int id)
{
    TopologyCpu *cpu = g_new0(TopologyCpu, 1);

#define CPU_FILE(name) read_text(root, "/sys/devices/system/cpu/cpu%d/topology/" name, id)
    cpu->id = id;
    cpu->siblings = CPU_FILE("thread_siblings_list");
    cpu->online = cpu->siblings != NULL;
    cpu->socket = MAX(number_or(CPU_FILE("physical_package_id"), 0), 0);
    cpu->die = MAX(number_or(CPU_FILE("die_id"), 0), 0);
    cpu->core = MAX(number_or(CPU_FILE("core_id"), 0), 0);
#undef CPU_FILE
    return cpu;
}

/* "Node 0 MemTotal:  8029392 kB" of a cell, "MemTotal: …" of the host. */
static uint64_t
parse_memory(char *meminfo)
{
    g_autofree char *owned = meminfo;
    const char *row = owned ? strstr(owned, "MemTotal:") : NULL;

    return row ? g_ascii_strtoull(row + strlen("MemTotal:"), NULL, 10) : 0;
}

static int
compare_pages(gconstpointer a, gconstpointer b)
{
    const TopologyPages *left = a;
    const TopologyPages *right = b;

    return (left->size > right->size) - (left->size < right->size);
}

/* @directory holds hugepages-2048kB and the like. What they take is not there as small pages. */
static void
read_pages(const char *root, const char *directory, TopologyCell *cell)
{
    TopologyPages small = { .size = sysconf(_SC_PAGESIZE) / 1024 };
    g_autofree char *path = g_strconcat(root, directory, NULL);
    g_autoptr(GDir) listing = g_dir_open(path, 0, NULL);
    uint64_t huge = 0;
    const char *entry;

    while (listing && (entry = g_dir_read_name(listing))) {
        TopologyPages pages = { 0 };

        if (!g_str_has_prefix(entry, "hugepages-"))
            continue;
        pages.size = g_ascii_strtoull(entry + strlen("hugepages-"), NULL, 10);
        pages.count = number_or(read_text(root, "%s/%s/nr_hugepages", directory, entry), 0);
        huge += pages.size * pages.count;
        g_array_append_val(cell->pages, pages);
    }
    small.count = (cell->memory - MIN(cell->memory, huge)) / small.size;
    g_array_append_val(cell->pages, small);
    g_array_sort(cell->pages, compare_pages);
}

static void
read_distances(const char *root, TopologyCell *cell, const GArray *cells)
{
    g_autofree char *text = read_text(root, "/sys/devices/system/node/node%d/distance", cell->id);
    g_auto(GStrv) words = g_strsplit_set(text ? text : "", " \t", -1);
    guint i;

    for (i = 0; words[i] && i < cells->len; i++) {
        TopologyDistance distance = { g_array_index(cells, int, i), atoi(words[i]) };

        g_array_append_val(cell->distances, distance);
    }
}

static TopologyCell *
cell_new(const char *root, int id, char *cpu_list)
{
    g_autofree char *owned = cpu_list;
    g_autoptr(GArray) cpus = topology_parse_list(owned);
    TopologyCell *cell = g_new0(TopologyCell, 1);
    guint i;

    cell->id = id;
    cell->pages = g_array_new(FALSE, FALSE, sizeof(TopologyPages));
    cell->distances = g_array_new(FALSE, FALSE, sizeof(TopologyDistance));
    cell->cpus = g_ptr_array_new_with_free_func((GDestroyNotify)cpu_free);
    for (i = 0; i < cpus->len; i++)
        g_ptr_array_add(cell->cpus, read_cpu(root, g_array_index(cpus, int, i)));
    return cell;
}

/* A kernel without NUMA: all of it is one cell. */
static void
read_whole(const char *root, Topology *topology)
{
    TopologyCell *cell = cell_new(root, 0, read_text(root, "/sys/devices/system/cpu/present"));

    cell->memory = parse_memory(read_text(root, "/proc/meminfo"));
    read_pages(root, "/sys/kernel/mm/hugepages", cell);
    g_ptr_array_add(topology->cells, cell);
}

static void
read_cells(const char *root, Topology *topology)
{
    g_autofree char *online = read_text(root, "/sys/devices/system/node/online");
    g_autoptr(GArray) cells = topology_parse_list(online);
    guint i;

    for (i = 0; i < cells->len; i++) {
        int id = g_array_index(cells, int, i);
        g_autofree char *pages = g_strdup_printf("/sys/devices/system/node/node%d/hugepages", id);
        TopologyCell *cell =
            cell_new(root, id, read_text(root, "/sys/devices/system/node/node%d/cpulist", id));

        cell->memory = parse_memory(read_text(root, "/sys/devices/system/node/node%d/meminfo", id));
        read_pages(root, pages, cell);
        read_distances(root, cell, cells);
        g_ptr_array_add(topology->cells, cell);
    }
}

static uint64_t
parse_size(char *text)
{
    g_autofree char *owned = text;
    char *end = NULL;
    uint64_t size = owned ? g_ascii_strtoull(owned, &end, 10) : 0;

    if (end && *end == 'K')
        size *= 1024;
    else if (end && *end == 'M')
        size *= 1024 * 1024;
    return size;
}

static const char *
cache_type(char *text)
{
    g_autofree char *owned = text;

    if (!g_strcmp0(owned, "Data"))
        return "data";
    if (!g_strcmp0(owned, "Instruction"))
        return "code";
    return "both";
}

static bool
cache_known(const Topology *topology, const TopologyCache *cache)
{
    guint i;

    for (i = 0; i < topology->caches->len; i++) {
        const TopologyCache *known = topology->caches->pdata[i];

        if (known->id == cache->id && known->level == cache->level && known->type == cache->type)
            return true;
    }
    return false;
}

#define CACHE_LEVEL_MIN 3 /* the first two levels belong to one core */

static void
read_caches(const char *root, Topology *topology, int cpu)
{
    int index;

    for (index = 0;; index++) {
#define CACHE_FILE(name) \
    read_text(root, "/sys/devices/system/cpu/cpu%d/cache/index%d/" name, cpu, index)
        int64_t level = number_or(CACHE_FILE("level"), -1);
        TopologyCache *cache;

        if (level < 0)
            return;
        if (level < CACHE_LEVEL_MIN)
            continue;
        cache = g_new0(TopologyCache, 1);
        cache->level = level;
        cache->id = number_or(CACHE_FILE("id"), 0);
        cache->type = cache_type(CACHE_FILE("type"));
        cache->size = parse_size(CACHE_FILE("size"));
        cache->cpus = CACHE_FILE("shared_cpu_list");
#undef CACHE_FILE
        if (cache->cpus && cache->size && !cache_known(topology, cache))
            g_ptr_array_add(topology->caches, cache);
        else
            cache_free(cache);
    }
}

Topology *
topology_read(const char *root)
{
    Topology *topology = g_new0(Topology, 1);
    guint i;
    guint j;

    topology->cells = g_ptr_array_new_with_free_func((GDestroyNotify)cell_free);
    topology->caches = g_ptr_array_new_with_free_func((GDestroyNotify)cache_free);
    read_cells(root, topology);
    if (topology->cells->len == 0)
        read_whole(root, topology);
    for (i = 0; i < topology->cells->len; i++) {
        const TopologyCell *cell = topology->cells->pdata[i];

        for (j = 0; j < cell->cpus->len; j++)
            read_caches(root, topology, ((TopologyCpu *)cell->cpus->pdata[j])->id);
    }
    return topology;
}
