/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <memoryBacking>, <perf> and <pm>: rows. */
#include "xml/element-machine.h"

#include <stddef.h>

#include "xml/elements.h"

static const char *const sources[] = { "", "file", "anonymous", "memfd", NULL };
static const char *const accesses[] = { "", "shared", "private", NULL };
static const char *const allocations[] = { "", "immediate", "ondemand", NULL };
static const char *const states[] = { "", "yes", "no", NULL };
static const char *const yesno[] = { "no", "yes", NULL };
const char *const perf_event_names[] = {
    "cmt",
    "mbmt",
    "mbml",
    "cpu_cycles",
    "instructions",
    "cache_references",
    "cache_misses",
    "branch_instructions",
    "branch_misses",
    "bus_cycles",
    "stalled_cycles_frontend",
    "stalled_cycles_backend",
    "ref_cpu_cycles",
    "cpu_clock",
    "task_clock",
    "page_faults",
    "context_switches",
    "cpu_migrations",
    "page_faults_min",
    "page_faults_maj",
    "alignment_faults",
    "emulation_faults",
    NULL,
};

#define MEMBER(member) offsetof(MemoryBacking, member)
#define WORD(path, member, words)                                                           \
    {                                                                                       \
        path, FIELD_ENUM, MEMBER(member), .names = words, .bad = FAILURE_CONFIG_UNSUPPORTED \
    }

static const XmlField backing_fields[] = {
    { "hugepages", FIELD_KEPT, MEMBER(hugepages), FIELD_ONCE },
    { "nosharepages", FIELD_FLAG, MEMBER(nosharepages) },
    { "locked", FIELD_FLAG, MEMBER(locked) },
    WORD("source/@type", source, sources),
    WORD("access/@mode", access, accesses),
    WORD("allocation/@mode", allocation, allocations),
    { "allocation/@threads", FIELD_UINT, MEMBER(threads), .max = UINT32_MAX },
    { "discard", FIELD_FLAG, MEMBER(discard) },
    { NULL },
};

const XmlType memory_backing_type = { "memoryBacking", sizeof(MemoryBacking), backing_fields };

static const XmlField event_fields[] = {
    { "@name", FIELD_ENUM, offsetof(PerfEvent, name), FIELD_REQUIRED | FIELD_ALWAYS,
      .names = perf_event_names },
    { "@enabled", FIELD_BOOL, offsetof(PerfEvent, enabled), FIELD_REQUIRED | FIELD_ALWAYS,
      .names = yesno },
    { NULL },
};

static const XmlType event_type = { "event", sizeof(PerfEvent), event_fields, .free = g_free };

static const XmlField perf_fields[] = {
    { "event", FIELD_STRUCTS, offsetof(Perf, events), .type = &event_type },
    { NULL },
};

gint
perf_event_compare(gconstpointer one, gconstpointer other)
{
    return (*(const PerfEvent *const *)one)->name - (*(const PerfEvent *const *)other)->name;
}

static bool
perf_finish(const XmlContext *context, void *object, xmlNode *node, GError **error)
{
    GPtrArray *list = ((Perf *)object)->events;
    guint i;

    g_ptr_array_sort(list, perf_event_compare);
    for (i = 1; i < list->len; i++) {
        if (perf_event_compare(&list->pdata[i - 1], &list->pdata[i]) == 0)
            return fail(error, FAILURE_XML, "more than one <event> in <perf> is '%s'; remove one",
                        perf_event_names[((const PerfEvent *)list->pdata[i])->name]);
    }
    return true;
}

const XmlType perf_type = { "perf", sizeof(Perf), perf_fields, .finish = perf_finish };

static const XmlField pm_fields[] = {
    { "suspend-to-mem/@enabled", FIELD_ENUM, offsetof(PowerManagement, to_memory),
      .names = states },
    { "suspend-to-disk/@enabled", FIELD_ENUM, offsetof(PowerManagement, to_disk), .names = states },
    { NULL },
};

const XmlType power_management_type = { "pm", sizeof(PowerManagement), pm_fields };
