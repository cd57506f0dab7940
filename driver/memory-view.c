/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From what the kernel counts to libvirt's memory statistics. */
#include "driver/memory-view.h"

#include <unistd.h>

#include "driver/host.h"

const MemoryViewRow memory_view_rows[MEMORY_VIEW_ROWS] = {
    { VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON, "current", offsetof(MemoryView, actual) },
    { VIR_DOMAIN_MEMORY_STAT_SWAP_IN, "swap_in", offsetof(MemoryView, swap_in) },
    { VIR_DOMAIN_MEMORY_STAT_SWAP_OUT, "swap_out", offsetof(MemoryView, swap_out) },
    { VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT, "major_fault", offsetof(MemoryView, major_faults) },
    { VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT, "minor_fault", offsetof(MemoryView, minor_faults) },
    { VIR_DOMAIN_MEMORY_STAT_UNUSED, "unused", offsetof(MemoryView, unused) },
    { VIR_DOMAIN_MEMORY_STAT_AVAILABLE, "available", offsetof(MemoryView, available) },
    { VIR_DOMAIN_MEMORY_STAT_USABLE, "usable", offsetof(MemoryView, usable) },
    { VIR_DOMAIN_MEMORY_STAT_RSS, "rss", offsetof(MemoryView, rss) },
    { VIR_DOMAIN_MEMORY_STAT_DISK_CACHES, "disk_caches", offsetof(MemoryView, caches) },
};

static uint64_t
kib(const Figures *figures, Figure figure)
{
    return figure_known(figures, figure) ? figures->values[figure] / 1024 : UINT64_MAX;
}

/* The kernel counts swapped pages. */
static uint64_t
kib_of_pages(const Figures *figures, Figure figure)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE) / 1024;

    return figure_known(figures, figure) ? figures->values[figure] * page : UINT64_MAX;
}

void
memory_view(const GuestView *guest, const Figures *figures, MemoryView *ret_memory)
{
    uint64_t total = MIN(figure_or(figures, FIGURE_MEMORY_LIMIT, UINT64_MAX), host_memory());
    uint64_t used = figure_or(figures, FIGURE_MEMORY, 0);
    uint64_t unused = total - MIN(used, total);
    uint64_t reclaimable = figure_or(figures, FIGURE_INACTIVE_FILE, 0) +
                           figure_or(figures, FIGURE_ACTIVE_FILE, 0) +
                           figure_or(figures, FIGURE_SLAB_RECLAIMABLE, 0);
    uint64_t faults = figure_or(figures, FIGURE_FAULTS, UINT64_MAX);
    uint64_t major = figure_or(figures, FIGURE_MAJOR_FAULTS, UINT64_MAX);

    *ret_memory = (MemoryView){
        .actual = guest->current_memory,
        .available = total / 1024,
        .unused = unused / 1024,
        .usable = MIN(unused + reclaimable, total) / 1024,
        .caches = kib(figures, FIGURE_CACHE),
        .rss = kib(figures, FIGURE_MEMORY),
        .swap_in = kib_of_pages(figures, FIGURE_SWAPPED_IN),
        .swap_out = kib_of_pages(figures, FIGURE_SWAPPED_OUT),
        .major_faults = major,
        .minor_faults = faults == UINT64_MAX ? faults : faults - MIN(major, faults),
    };
}
