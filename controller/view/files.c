/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One row per file: how it is made. */
#include "controller/view/files.h"

#include <string.h>
#include <time.h>

#include "controller/view/disks.h"
#include "controller/view/load.h"
#include "controller/view/memory.h"
#include "controller/view/processors.h"
#include "controller/view/source.h"

/* Less than the time for which the kernel trusts attributes (protocol.c): who asks again gets
 * something new. */
#define AGE_MAX (50 * 1000)

typedef struct {
    const char *name; /* as in view_files */
    /* False: the host's file is shown, as it is without a view. */
    bool (*make)(View *view, GString *text);
} FileRow;

/* The kernel writes these for every group of version 2 as it does for the machine. */
static bool
pressure(View *view, const char *file, GString *text)
{
    int group = view->groups[VIEW_GROUP_UNIFIED];

    return group >= 0 && source_read(group, file, text);
}

static bool
pressure_cpu(View *view, GString *text)
{
    return pressure(view, "cpu.pressure", text);
}

static bool
pressure_io(View *view, GString *text)
{
    return pressure(view, "io.pressure", text);
}

static bool
pressure_memory(View *view, GString *text)
{
    return pressure(view, "memory.pressure", text);
}

static const FileRow rows[] = {
    { "meminfo", memory_info },
    { "swaps", memory_swaps },
    { "cpuinfo", processors_info },
    { "stat", processors_stat },
    { "uptime", processors_uptime },
    { "cpu.online", processors_list },
    { "cpu.possible", processors_list },
    { "cpu.present", processors_list },
    { "loadavg", load_average },
    { "diskstats", disks_stat },
    { "pressure.cpu", pressure_cpu },
    { "pressure.io", pressure_io },
    { "pressure.memory", pressure_memory },
};

static Snapshot *snapshots; /* one per row of view_files */

static bool
make(View *view, const ViewFile *file, GString *text)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(rows[i].name, file->name) == 0)
            return rows[i].make(view, text);
    }
    return false;
}

static void
snapshot_make(View *view, const ViewFile *file, Snapshot *snapshot)
{
    g_autoptr(GString) text = g_string_new(NULL);
    struct timespec now;

    if (!make(view, file, text))
        source_read(view->root, file->place + 1, text);
    snapshot->made = view_now();
    /* an unchanged file keeps its time, and so its place in the page cache */
    if (snapshot->text && g_string_equal(snapshot->text, text))
        return;
    if (snapshot->text)
        g_string_free(snapshot->text, TRUE);
    snapshot->text = g_steal_pointer(&text);
    clock_gettime(CLOCK_REALTIME, &now);
    snapshot->changed = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

const Snapshot *
files_snapshot(View *view, uint64_t number, bool fresh)
{
    Snapshot *snapshot;

    if (number >= view_files_count)
        return NULL;
    if (!snapshots)
        snapshots = g_new0(Snapshot, view_files_count);
    snapshot = &snapshots[number];
    if (!snapshot->text || (fresh && view_now() - snapshot->made >= AGE_MAX))
        snapshot_make(view, &view_files[number], snapshot);
    return snapshot;
}
