/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a group uses, as the kernel counts it: read from as few files as possible, without
 * allocating. Figures that this kernel or layout does not have are not known; there is no figure
 * that is made up.
 */
#pragma once

#include "cgroup/cgroup.h"
#include "cgroup/group-files.h"

/* Times are nanoseconds, sizes bytes, the rest counts. */
typedef enum {
    FIGURE_CPU_TIME,
    FIGURE_CPU_USER,
    FIGURE_CPU_SYSTEM,
    FIGURE_PERIODS, /* of bandwidth control that have passed, and in which it held the group back */
    FIGURE_THROTTLED_PERIODS,
    FIGURE_THROTTLED_TIME,
    FIGURE_MEMORY,       /* all that is charged, page cache included */
    FIGURE_MEMORY_LIMIT, /* unknown: no limit; also huge on v1 */
    FIGURE_SWAP,
    FIGURE_ANONYMOUS,
    FIGURE_CACHE,
    FIGURE_INACTIVE_FILE,
    FIGURE_ACTIVE_FILE,
    FIGURE_SLAB_RECLAIMABLE, /* v2 only */
    FIGURE_FAULTS,           /* minor and major */
    FIGURE_MAJOR_FAULTS,
    FIGURE_SWAPPED_IN, /* where the kernel counts them by group */
    FIGURE_SWAPPED_OUT,
    FIGURE_TASKS,
    FIGURE_TASKS_MAX, /* unknown: no limit */
    FIGURE_CPU_STALLED,
    FIGURE_CPU_STALLED_FULL,
    FIGURE_MEMORY_STALLED,
    FIGURE_MEMORY_STALLED_FULL,
    FIGURE_IO_STALLED,
    FIGURE_IO_STALLED_FULL,
    FIGURE_LAST
} Figure;

typedef enum {
    FIGURES_CPU_TIME = 1 << 0,
    FIGURES_THROTTLING = 1 << 1,
    FIGURES_MEMORY = 1 << 2, /* FIGURE_MEMORY alone */
    FIGURES_MEMORY_DETAILS = 1 << 3,
    FIGURES_TASKS = 1 << 4,
    FIGURES_CPU_PRESSURE = 1 << 5,
    FIGURES_MEMORY_PRESSURE = 1 << 6,
    FIGURES_IO_PRESSURE = 1 << 7,
} FigureSet;

typedef struct {
    uint64_t values[FIGURE_LAST];
    uint64_t known; /* bits by Figure */
} Figures;

static inline bool
figure_known(const Figures *figures, Figure figure)
{
    return figures->known >> figure & 1;
}

/* The value, or @otherwise when it is not known. */
static inline uint64_t
figure_or(const Figures *figures, Figure figure, uint64_t otherwise)
{
    return figure_known(figures, figure) ? figures->values[figure] : otherwise;
}

/* What one block device did for a group and those below it. */
typedef struct {
    unsigned major;
    unsigned minor;
    uint64_t read_bytes;
    uint64_t read_requests;
    uint64_t write_bytes;
    uint64_t write_requests;
} BlockFigures;

/* The directories of the hierarchies, kept open. Any thread may use it. */
typedef struct FigureReader FigureReader;

/* @layout must outlive it. */
FigureReader *figure_reader_new(const CgroupLayout *layout);
void figure_reader_free(FigureReader *reader);

/* Adds what is in @sets to @figures. Files that are not there add nothing. */
void figures_read(const FigureReader *reader, GroupFiles *group, unsigned sets, Figures *figures);

/* Fills *ret_count of @devices and puts there how many there are. A device that did nothing may be
 * left out. */
void figures_read_block(const FigureReader *reader, GroupFiles *group, BlockFigures *devices,
                        size_t *ret_count);

/* Nanoseconds on each of @count processors of the host. false: the kernel does not tell (v2). */
bool figures_read_processors(const FigureReader *reader, GroupFiles *group, uint64_t *times,
                             size_t count);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FigureReader, figure_reader_free)
