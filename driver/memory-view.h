/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory of a guest in the words of a machine with a balloon. */
#pragma once

#include "cgroup/figures.h"
#include "driver/guest-view.h"

/* KiB, but faults. UINT64_MAX: the kernel does not count it. */
typedef struct {
    uint64_t actual;    /* what the guest may use now: <currentMemory> */
    uint64_t available; /* what it finds in /proc/meminfo as MemTotal: its limit */
    uint64_t unused;    /* used for nothing, not even as cache */
    uint64_t usable;    /* unused, and what the kernel could take back without swapping */
    uint64_t caches;    /* page cache */
    uint64_t rss;       /* all that is charged to the guest */
    uint64_t swap_in;
    uint64_t swap_out;
    uint64_t major_faults;
    uint64_t minor_faults;
} MemoryView;

/* @figures have FIGURES_MEMORY_DETAILS. */
void memory_view(const GuestView *guest, const Figures *figures, MemoryView *ret_memory);

/* The members by libvirt's tag and by the name in statistics ("unused"). */
typedef struct {
    int tag; /* virDomainMemoryStatTags */
    const char *name;
    size_t member; /* uint64_t of MemoryView */
} MemoryViewRow;

#define MEMORY_VIEW_ROWS 10
extern const MemoryViewRow memory_view_rows[MEMORY_VIEW_ROWS];

static inline uint64_t
memory_view_get(const MemoryView *memory, const MemoryViewRow *row)
{
    return G_STRUCT_MEMBER(uint64_t, memory, row->member);
}
