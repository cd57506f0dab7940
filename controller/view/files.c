/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One row per file: how it is made. */
#include "controller/view/files.h"

#include <string.h>
#include <time.h>

#include "controller/view/memory.h"
#include "controller/view/source.h"

/* Less than the time for which the kernel trusts attributes (protocol.c): who asks again gets
 * something new. */
#define AGE_MAX (50 * 1000)

typedef struct {
    const char *name; /* as in view_files */
    /* False: the host's file is shown, as it is without a view. */
    bool (*make)(View *view, GString *text);
} FileRow;

static const FileRow rows[] = {
    { "meminfo", memory_info },
};

static Snapshot snapshots[G_N_ELEMENTS(rows)];

int
files_find(const char *name, size_t length)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strlen(rows[i].name) == length && memcmp(rows[i].name, name, length) == 0)
            return i;
    }
    return -1;
}

static void
show_host(const View *view, const char *name, GString *text)
{
    unsigned i;

    for (i = 0; i < view_files_count; i++) {
        if (strcmp(view_files[i].name, name) == 0)
            source_read(view->root, view_files[i].place + 1, text);
    }
}

static void
snapshot_make(View *view, const FileRow *row, Snapshot *snapshot)
{
    g_autoptr(GString) text = g_string_new(NULL);
    struct timespec now;

    if (!row->make(view, text))
        show_host(view, row->name, text);
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
    Snapshot *snapshot = number < G_N_ELEMENTS(rows) ? &snapshots[number] : NULL;

    if (snapshot && (!snapshot->text || (fresh && view_now() - snapshot->made >= AGE_MAX)))
        snapshot_make(view, &rows[number], snapshot);
    return snapshot;
}
