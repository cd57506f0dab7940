/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads figures of groups. The tables say which files there are and what is in them. */
#include "cgroup/figures.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cgroup/layout.h"
#include "controller/wire/descriptor.h"

#define ROWS_MAX 12

/* The hierarchy of v2 itself, whatever controllers it has. */
#define UNIFIED CGROUP_CONTROLLER_LAST

typedef struct {
    const char *key; /* first word of a line; "": the number is all there is; NULL: end */
    Figure figure;
    unsigned scale;
} FigureRow;

typedef struct {
    FigureSet set;
    CgroupController controller;
    int version;
    const char *file;
    const char *before; /* the number follows this in its line; NULL: it is the second word */
    FigureRow rows[ROWS_MAX];
} FigureFile;

#define TICK (1000000000u / 100) /* cpuacct.stat counts in USER_HZ, which is 100 everywhere */
#define USEC 1000u

static const FigureFile files[] = {
    { FIGURES_CPU_TIME, CGROUP_CPUACCT, 1, "cpuacct.usage", NULL, { { "", FIGURE_CPU_TIME, 1 } } },
    { FIGURES_CPU_TIME,
      CGROUP_CPUACCT,
      1,
      "cpuacct.stat",
      NULL,
      { { "user", FIGURE_CPU_USER, TICK }, { "system", FIGURE_CPU_SYSTEM, TICK } } },
    { FIGURES_CPU_TIME | FIGURES_THROTTLING,
      CGROUP_CPU,
      2,
      "cpu.stat",
      NULL,
      { { "usage_usec", FIGURE_CPU_TIME, USEC },
        { "user_usec", FIGURE_CPU_USER, USEC },
        { "system_usec", FIGURE_CPU_SYSTEM, USEC },
        { "nr_periods", FIGURE_PERIODS, 1 },
        { "nr_throttled", FIGURE_THROTTLED_PERIODS, 1 },
        { "throttled_usec", FIGURE_THROTTLED_TIME, USEC } } },
    { FIGURES_THROTTLING,
      CGROUP_CPU,
      1,
      "cpu.stat",
      NULL,
      { { "nr_periods", FIGURE_PERIODS, 1 },
        { "nr_throttled", FIGURE_THROTTLED_PERIODS, 1 },
        { "throttled_time", FIGURE_THROTTLED_TIME, 1 } } },
    { FIGURES_MEMORY | FIGURES_MEMORY_DETAILS,
      CGROUP_MEMORY,
      1,
      "memory.usage_in_bytes",
      NULL,
      { { "", FIGURE_MEMORY, 1 } } },
    { FIGURES_MEMORY | FIGURES_MEMORY_DETAILS,
      CGROUP_MEMORY,
      2,
      "memory.current",
      NULL,
      { { "", FIGURE_MEMORY, 1 } } },
    { FIGURES_MEMORY_DETAILS,
      CGROUP_MEMORY,
      1,
      "memory.stat",
      NULL,
      { { "hierarchical_memory_limit", FIGURE_MEMORY_LIMIT, 1 },
        { "total_cache", FIGURE_CACHE, 1 },
        { "total_rss", FIGURE_ANONYMOUS, 1 },
        { "total_swap", FIGURE_SWAP, 1 },
        { "total_pgfault", FIGURE_FAULTS, 1 },
        { "total_pgmajfault", FIGURE_MAJOR_FAULTS, 1 },
        { "total_inactive_file", FIGURE_INACTIVE_FILE, 1 },
        { "total_active_file", FIGURE_ACTIVE_FILE, 1 },
        { "total_pswpin", FIGURE_SWAPPED_IN, 1 },
        { "total_pswpout", FIGURE_SWAPPED_OUT, 1 } } },
    { FIGURES_MEMORY_DETAILS,
      CGROUP_MEMORY,
      2,
      "memory.stat",
      NULL,
      { { "anon", FIGURE_ANONYMOUS, 1 },
        { "file", FIGURE_CACHE, 1 },
        { "inactive_file", FIGURE_INACTIVE_FILE, 1 },
        { "active_file", FIGURE_ACTIVE_FILE, 1 },
        { "slab_reclaimable", FIGURE_SLAB_RECLAIMABLE, 1 },
        { "pgfault", FIGURE_FAULTS, 1 },
        { "pgmajfault", FIGURE_MAJOR_FAULTS, 1 },
        { "pswpin", FIGURE_SWAPPED_IN, 1 },
        { "pswpout", FIGURE_SWAPPED_OUT, 1 } } },
    { FIGURES_MEMORY_DETAILS,
      CGROUP_MEMORY,
      2,
      "memory.swap.current",
      NULL,
      { { "", FIGURE_SWAP, 1 } } },
    { FIGURES_MEMORY_DETAILS,
      CGROUP_MEMORY,
      2,
      "memory.max",
      NULL,
      { { "", FIGURE_MEMORY_LIMIT, 1 } } },
    { FIGURES_TASKS, CGROUP_PIDS, 1, "pids.current", NULL, { { "", FIGURE_TASKS, 1 } } },
    { FIGURES_TASKS, CGROUP_PIDS, 2, "pids.current", NULL, { { "", FIGURE_TASKS, 1 } } },
    { FIGURES_TASKS, CGROUP_PIDS, 1, "pids.max", NULL, { { "", FIGURE_TASKS_MAX, 1 } } },
    { FIGURES_TASKS, CGROUP_PIDS, 2, "pids.max", NULL, { { "", FIGURE_TASKS_MAX, 1 } } },
    { FIGURES_CPU_PRESSURE,
      UNIFIED,
      2,
      "cpu.pressure",
      "total=",
      { { "some", FIGURE_CPU_STALLED, USEC }, { "full", FIGURE_CPU_STALLED_FULL, USEC } } },
    { FIGURES_MEMORY_PRESSURE,
      UNIFIED,
      2,
      "memory.pressure",
      "total=",
      { { "some", FIGURE_MEMORY_STALLED, USEC }, { "full", FIGURE_MEMORY_STALLED_FULL, USEC } } },
    { FIGURES_IO_PRESSURE,
      UNIFIED,
      2,
      "io.pressure",
      "total=",
      { { "some", FIGURE_IO_STALLED, USEC }, { "full", FIGURE_IO_STALLED_FULL, USEC } } },
};

/* Numbers for group_files_read(): files[] have theirs, then come block_files[]. */
#define FIRST_BLOCK G_N_ELEMENTS(files)
#define PROCESSORS  (FIRST_BLOCK + G_N_ELEMENTS(block_files))

struct FigureReader {
    /* by controller, and of version 2; NULL: there is none. Owned by the layout. */
    const CgroupHierarchy *hierarchies[CGROUP_CONTROLLER_LAST + 1];
};

FigureReader *
figure_reader_new(const CgroupLayout *layout)
{
    FigureReader *reader = g_new0(FigureReader, 1);
    guint i;

    for (i = 0; i < CGROUP_CONTROLLER_LAST; i++)
        reader->hierarchies[i] = layout->by_controller[i];
    for (i = 0; i < layout->hierarchies->len; i++) {
        const CgroupHierarchy *hierarchy = layout->hierarchies->pdata[i];

        if (hierarchy->version == 2)
            reader->hierarchies[UNIFIED] = hierarchy;
    }
    return reader;
}

void
figure_reader_free(FigureReader *reader)
{
    g_free(reader);
}

/* The digits at @text as a number; false when there are none ("max"). */
static bool
read_number(const char *text, uint64_t *ret_number)
{
    uint64_t number = 0;

    if (!g_ascii_isdigit(*text))
        return false;
    for (; g_ascii_isdigit(*text); text++)
        number = number * 10 + (uint64_t)(*text - '0');
    *ret_number = number;
    return true;
}

static void
read_line(const FigureFile *file, const char *line, Figures *figures)
{
    const FigureRow *row;

    for (row = file->rows; row->key; row++) {
        size_t length = strlen(row->key);
        const char *number = line;
        uint64_t value;

        if (length > 0 && (strncmp(line, row->key, length) != 0 || line[length] != ' '))
            continue;
        if (length > 0)
            number += length + 1;
        if (file->before && (number = strstr(number, file->before)))
            number += strlen(file->before);
        if (number && read_number(number, &value)) {
            figures->values[row->figure] = value * row->scale;
            figures->known |= UINT64_C(1) << row->figure;
        }
        return;
    }
}

static void
read_lines(const FigureFile *file, const char *text, Figures *figures)
{
    const char *line = text;

    while (line && *line) {
        read_line(file, line, figures);
        if ((line = strchr(line, '\n')))
            line++;
    }
}

/* NULL when the controller is not there, or of another version. */
static const CgroupHierarchy *
hierarchy_of(const FigureReader *reader, int controller, int version)
{
    const CgroupHierarchy *hierarchy = reader->hierarchies[controller];

    return hierarchy && hierarchy->version == version ? hierarchy : NULL;
}

void
figures_read(const FigureReader *reader, GroupFiles *group, unsigned sets, Figures *figures)
{
    char text[GROUP_TEXT_MAX];
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(files); i++) {
        const FigureFile *file = &files[i];

        if (file->set & sets &&
            group_files_read(group, i, hierarchy_of(reader, file->controller, file->version),
                             file->file, text))
            read_lines(file, text, figures);
    }
}

static BlockFigures *
device_of(BlockFigures *devices, size_t room, size_t *count, const unsigned number[2])
{
    size_t i;

    for (i = 0; i < *count; i++) {
        if (devices[i].major == number[0] && devices[i].minor == number[1])
            return &devices[i];
    }
    if (*count == room)
        return NULL;
    devices[*count] = (BlockFigures){ .major = number[0], .minor = number[1] };
    return &devices[(*count)++];
}

/* What a word of io.stat, or a row of a v1 file, counts. */
typedef struct {
    const char *word;
    size_t member; /* uint64_t of BlockFigures */
} BlockRow;

static const BlockRow unified_rows[] = {
    { " rbytes=", offsetof(BlockFigures, read_bytes) },
    { " rios=", offsetof(BlockFigures, read_requests) },
    { " wbytes=", offsetof(BlockFigures, write_bytes) },
    { " wios=", offsetof(BlockFigures, write_requests) },
    { NULL },
};

static const BlockRow byte_rows[] = {
    { " Read ", offsetof(BlockFigures, read_bytes) },
    { " Write ", offsetof(BlockFigures, write_bytes) },
    { NULL },
};

static const BlockRow request_rows[] = {
    { " Read ", offsetof(BlockFigures, read_requests) },
    { " Write ", offsetof(BlockFigures, write_requests) },
    { NULL },
};

typedef struct {
    const char *file;
    int version;
    const BlockRow *rows;
} BlockFile;

static const BlockFile block_files[] = {
    { "io.stat", 2, unified_rows },
    { "blkio.throttle.io_service_bytes_recursive", 1, byte_rows },
    { "blkio.throttle.io_serviced_recursive", 1, request_rows },
};

static bool
read_device_number(const char *line, unsigned number[2])
{
    const char *colon = strchr(line, ':');
    uint64_t parts[2];

    if (!colon || !read_number(line, &parts[0]) || !read_number(colon + 1, &parts[1]))
        return false;
    number[0] = (unsigned)parts[0];
    number[1] = (unsigned)parts[1];
    return true;
}

void
figures_read_block(const FigureReader *reader, GroupFiles *group, BlockFigures *devices,
                   size_t *ret_count)
{
    size_t room = *ret_count;
    size_t count = 0;
    char text[GROUP_TEXT_MAX];
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(block_files); i++) {
        char *line = text;
        char *next;

        if (!group_files_read(group, FIRST_BLOCK + i,
                              hierarchy_of(reader, CGROUP_BLKIO, block_files[i].version),
                              block_files[i].file, text))
            continue;
        for (; line && *line; line = next) {
            const BlockRow *row = block_files[i].rows;
            unsigned number[2];
            BlockFigures *device;

            if ((next = strchr(line, '\n')))
                *next++ = 0;
            if (!read_device_number(line, number))
                continue;
            for (; row->word; row++) {
                const char *found = strstr(line, row->word);
                uint64_t value;

                if (found && read_number(found + strlen(row->word), &value) &&
                    (device = device_of(devices, room, &count, number)))
                    G_STRUCT_MEMBER(uint64_t, device, row->member) = value;
            }
        }
    }
    *ret_count = count;
}

G_STATIC_ASSERT(PROCESSORS < GROUP_FILES_MAX);

bool
figures_read_processors(const FigureReader *reader, GroupFiles *group, uint64_t *times,
                        size_t count)
{
    char text[GROUP_TEXT_MAX];
    char *at = text;
    size_t i;

    if (!group_files_read(group, PROCESSORS, hierarchy_of(reader, CGROUP_CPUACCT, 1),
                          "cpuacct.usage_percpu", text))
        return false;
    for (i = 0; i < count; i++) {
        times[i] = 0;
        at += strspn(at, " ");
        read_number(at, &times[i]);
        at += strcspn(at, " ");
    }
    return true;
}
