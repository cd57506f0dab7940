/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* meminfo and swaps: the host's, with the figures of the guest's group. */
#include "controller/view/memory.h"

#include <string.h>

#include "controller/view/source.h"

/* All in bytes. */
typedef struct {
    uint64_t zero;
    uint64_t total, free, available;
    uint64_t swap_total, swap_free, swap_used, swap_cached;
    uint64_t file, anon, anon_huge, shmem, mapped, dirty, writeback;
    uint64_t active, inactive;
    uint64_t active_anon, inactive_anon, active_file, inactive_file, unevictable;
    uint64_t slab, slab_reclaimable, slab_unreclaimable;
    uint64_t kernel_stack, page_tables, percpu;
} Figures;

#define FIGURE(member) offsetof(Figures, member)

/* memory.stat of either version */
static const struct {
    const char *names[2];
    size_t figure;
} statistics[] = {
    { { "total_cache", "file" }, FIGURE(file) },
    { { "total_rss", "anon" }, FIGURE(anon) },
    { { "total_rss_huge", "anon_thp" }, FIGURE(anon_huge) },
    { { "total_shmem", "shmem" }, FIGURE(shmem) },
    { { "total_mapped_file", "file_mapped" }, FIGURE(mapped) },
    { { "total_dirty", "file_dirty" }, FIGURE(dirty) },
    { { "total_writeback", "file_writeback" }, FIGURE(writeback) },
    { { "total_swap", NULL }, FIGURE(swap_used) },
    { { "total_swapcached", "swapcached" }, FIGURE(swap_cached) },
    { { "total_active_anon", "active_anon" }, FIGURE(active_anon) },
    { { "total_inactive_anon", "inactive_anon" }, FIGURE(inactive_anon) },
    { { "total_active_file", "active_file" }, FIGURE(active_file) },
    { { "total_inactive_file", "inactive_file" }, FIGURE(inactive_file) },
    { { "total_unevictable", "unevictable" }, FIGURE(unevictable) },
    { { NULL, "slab_reclaimable" }, FIGURE(slab_reclaimable) },
    { { NULL, "slab_unreclaimable" }, FIGURE(slab_unreclaimable) },
    { { NULL, "kernel_stack" }, FIGURE(kernel_stack) },
    { { NULL, "pagetables" }, FIGURE(page_tables) },
    { { NULL, "percpu" }, FIGURE(percpu) },
};

/* Lines of meminfo; those that are not here are the host's. */
static const struct {
    const char *key;
    size_t figure;
} lines[] = {
    { "MemTotal", FIGURE(total) },
    { "MemFree", FIGURE(free) },
    { "MemAvailable", FIGURE(available) },
    { "Buffers", FIGURE(zero) },
    { "Cached", FIGURE(file) },
    { "SwapCached", FIGURE(swap_cached) },
    { "Active", FIGURE(active) },
    { "Inactive", FIGURE(inactive) },
    { "Active(anon)", FIGURE(active_anon) },
    { "Inactive(anon)", FIGURE(inactive_anon) },
    { "Active(file)", FIGURE(active_file) },
    { "Inactive(file)", FIGURE(inactive_file) },
    { "Unevictable", FIGURE(unevictable) },
    { "Mlocked", FIGURE(unevictable) },
    { "SwapTotal", FIGURE(swap_total) },
    { "SwapFree", FIGURE(swap_free) },
    { "Zswap", FIGURE(zero) },
    { "Zswapped", FIGURE(zero) },
    { "Dirty", FIGURE(dirty) },
    { "Writeback", FIGURE(writeback) },
    { "AnonPages", FIGURE(anon) },
    { "Mapped", FIGURE(mapped) },
    { "Shmem", FIGURE(shmem) },
    { "KReclaimable", FIGURE(slab_reclaimable) },
    { "Slab", FIGURE(slab) },
    { "SReclaimable", FIGURE(slab_reclaimable) },
    { "SUnreclaim", FIGURE(slab_unreclaimable) },
    { "KernelStack", FIGURE(kernel_stack) },
    { "PageTables", FIGURE(page_tables) },
    { "Percpu", FIGURE(percpu) },
    { "AnonHugePages", FIGURE(anon_huge) },
    { "ShmemHugePages", FIGURE(zero) },
    { "ShmemPmdMapped", FIGURE(zero) },
    { "FileHugePages", FIGURE(zero) },
    { "FilePmdMapped", FIGURE(zero) },
};

static uint64_t *
figure_at(Figures *figures, size_t offset)
{
    return (uint64_t *)((char *)figures + offset);
}

/* A line of the host's meminfo, in bytes; 0 for one it does not have. */
static uint64_t
host_figure(const char *info, const char *key)
{
    uint64_t kilobytes = 0;

    source_figure(info, key, &kilobytes);
    return kilobytes * 1024;
}

static uint64_t
minus(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static void
read_statistics(const char *text, int version, Figures *figures)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(statistics); i++) {
        const char *name = statistics[i].names[version - 1];

        if (name)
            source_figure(text, name, figure_at(figures, statistics[i].figure));
    }
    figures->active = figures->active_anon + figures->active_file;
    figures->inactive = figures->inactive_anon + figures->inactive_file;
    figures->slab = figures->slab_reclaimable + figures->slab_unreclaimable;
}

/*
 * Version 1 limits memory, and memory plus swap; what the groups above allow is in the statistics.
 * Version 2 limits memory and swap, each group for itself.
 */
static bool
read_limits(int group, int version, const char *text, Figures *figures, uint64_t *ret_used)
{
    uint64_t both;

    if (version == 1) {
        if (!source_figure(text, "hierarchical_memory_limit", &figures->total) ||
            !source_number(group, "memory.usage_in_bytes", ret_used))
            return false;
        figures->swap_total = UINT64_MAX;
        if (source_figure(text, "hierarchical_memsw_limit", &both) && both < INT64_MAX / 2)
            figures->swap_total = minus(both, figures->total);
        return true;
    }
    if (!source_number(group, "memory.current", ret_used) ||
        !source_smallest(group, "memory.max", &figures->total))
        return false;
    if (!source_smallest(group, "memory.swap.max", &figures->swap_total))
        figures->swap_total = UINT64_MAX;
    source_number(group, "memory.swap.current", &figures->swap_used);
    return true;
}

/* @host: the host's meminfo. False where the group cannot be read. */
static bool
read_figures(const View *view, const char *host, Figures *figures)
{
    g_autoptr(GString) text = g_string_new(NULL);
    int group = view->groups[VIEW_GROUP_MEMORY];
    int version = view->session->versions[VIEW_GROUP_MEMORY];
    uint64_t host_total = host_figure(host, "MemTotal");
    uint64_t used = 0;

    if (group < 0 || !source_read(group, "memory.stat", text) ||
        !read_limits(group, version, text->str, figures, &used))
        return false;
    read_statistics(text->str, version, figures);

    /* a guest without a limit shares what the host has */
    figures->free =
        figures->total < host_total ? minus(figures->total, used) : host_figure(host, "MemFree");
    figures->total = MIN(figures->total, host_total);
    figures->available =
        MIN(figures->total, minus(figures->total, used) + figures->active_file +
                                figures->inactive_file + figures->slab_reclaimable);
    figures->available = MIN(figures->available, host_figure(host, "MemAvailable"));
    figures->available = MAX(figures->available, MIN(figures->free, figures->total));
    figures->swap_total = MIN(figures->swap_total, host_figure(host, "SwapTotal"));
    figures->swap_used = MIN(figures->swap_used, figures->swap_total);
    figures->swap_free =
        MIN(figures->swap_total - figures->swap_used, host_figure(host, "SwapFree"));
    return true;
}

static void
add_line(const char *line, size_t length, Figures *figures, GString *text)
{
    const char *colon = memchr(line, ':', length);
    size_t i;

    for (i = 0; colon && i < G_N_ELEMENTS(lines); i++) {
        size_t key = colon - line;

        if (strlen(lines[i].key) == key && memcmp(lines[i].key, line, key) == 0) {
            /* as the kernel does: programs look for columns */
            g_string_append_len(text, line, key + 1);
            g_string_append_printf(text, "%*s%8" G_GUINT64_FORMAT " kB\n",
                                   key < 15 ? (int)(15 - key) : 1, "",
                                   *figure_at(figures, lines[i].figure) / 1024);
            return;
        }
    }
    g_string_append_len(text, line, length);
    g_string_append_c(text, '\n');
}

bool
memory_info(View *view, GString *text)
{
    g_autoptr(GString) host = g_string_new(NULL);
    Figures figures = { 0 };
    const char *line;
    const char *end;

    if (!source_read(view->root, "proc/meminfo", host) || !read_figures(view, host->str, &figures))
        return false;
    for (line = host->str; (end = strchr(line, '\n')); line = end + 1)
        add_line(line, end - line, &figures, text);
    return true;
}

/* One area that stands for what the guest may have of the host's. */
bool
memory_swaps(View *view, GString *text)
{
    g_autoptr(GString) host = g_string_new(NULL);
    Figures figures = { 0 };

    if (!source_read(view->root, "proc/meminfo", host) || !read_figures(view, host->str, &figures))
        return false;
    g_string_append(text, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
    if (figures.swap_total > 0)
        g_string_append_printf(
            text, "none%36s virtual\t\t%" G_GUINT64_FORMAT "\t\t%" G_GUINT64_FORMAT "\t\t0\n", "",
            figures.swap_total / 1024, figures.swap_used / 1024);
    return true;
}
