/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One counter of perf for each event and processor, limited to a group. */
#include "cgroup/counters.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

/* What no counter of perf counts: resource control of the processor (resctrl) does, for groups of
 * its own. */
#define NO_COUNTER PERF_TYPE_MAX

#define HARDWARE(name, event)                           \
    {                                                   \
        name, PERF_TYPE_HARDWARE, PERF_COUNT_HW_##event \
    }
#define SOFTWARE(name, event)                           \
    {                                                   \
        name, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_##event \
    }

static const struct {
    const char *name;
    uint32_t type;
    uint64_t config;
} events[] = {
    { "cmt", NO_COUNTER, 0 },
    { "mbmt", NO_COUNTER, 0 },
    { "mbml", NO_COUNTER, 0 },
    HARDWARE("cpu_cycles", CPU_CYCLES),
    HARDWARE("instructions", INSTRUCTIONS),
    HARDWARE("cache_references", CACHE_REFERENCES),
    HARDWARE("cache_misses", CACHE_MISSES),
    HARDWARE("branch_instructions", BRANCH_INSTRUCTIONS),
    HARDWARE("branch_misses", BRANCH_MISSES),
    HARDWARE("bus_cycles", BUS_CYCLES),
    HARDWARE("stalled_cycles_frontend", STALLED_CYCLES_FRONTEND),
    HARDWARE("stalled_cycles_backend", STALLED_CYCLES_BACKEND),
    HARDWARE("ref_cpu_cycles", REF_CPU_CYCLES),
    SOFTWARE("cpu_clock", CPU_CLOCK),
    SOFTWARE("task_clock", TASK_CLOCK),
    SOFTWARE("page_faults", PAGE_FAULTS),
    SOFTWARE("context_switches", CONTEXT_SWITCHES),
    SOFTWARE("cpu_migrations", CPU_MIGRATIONS),
    SOFTWARE("page_faults_min", PAGE_FAULTS_MIN),
    SOFTWARE("page_faults_maj", PAGE_FAULTS_MAJ),
    SOFTWARE("alignment_faults", ALIGNMENT_FAULTS),
    SOFTWARE("emulation_faults", EMULATION_FAULTS),
};

#define EVENTS G_N_ELEMENTS(events)
G_STATIC_ASSERT(EVENTS < 32);

struct GroupCounters {
    gatomicrefcount references;
    unsigned processors;
    /* one after the other the counters of an event, one for each processor; NULL: not counted; -1:
     * the processor is switched off */
    int *counters[EVENTS];
};

int
counter_find(const char *name)
{
    unsigned i;

    for (i = 0; i < EVENTS; i++) {
        if (g_str_equal(events[i].name, name))
            return (int)i;
    }
    return -1;
}

static int
open_counter(int group, unsigned event, unsigned processor)
{
    struct perf_event_attr attributes = {
        .size = sizeof(attributes),
        .type = events[event].type,
        .config = events[event].config,
        .read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
    };

    return (int)syscall(SYS_perf_event_open, &attributes, group, (int)processor, -1,
                        PERF_FLAG_PID_CGROUP | PERF_FLAG_FD_CLOEXEC);
}

static bool
fail_event(unsigned event, int number, GError **error)
{
    return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                "this host cannot count the event '%s' of a container: %s; leave it disabled",
                events[event].name,
                number == 0        ? "the kernel counts it by resctrl group only"
                : number == ENOENT ? "its processor, or the hypervisor, has no such counter"
                                   : g_strerror(number));
}

static bool
open_event(GroupCounters *counters, int group, unsigned event, GError **error)
{
    int *all = g_new(int, counters->processors);
    unsigned i;

    counters->counters[event] = all;
    for (i = 0; i < counters->processors; i++)
        all[i] = -1;
    if (events[event].type == NO_COUNTER)
        return fail_event(event, 0, error);
    for (i = 0; i < counters->processors; i++) {
        all[i] = open_counter(group, event, i);
        if (all[i] < 0 && errno != ENODEV)
            return fail_event(event, errno, error);
    }
    return true;
}

static void
copy_event(GroupCounters *counters, const GroupCounters *before, unsigned event)
{
    int *all = g_new(int, counters->processors);
    unsigned i;

    counters->counters[event] = all;
    for (i = 0; i < counters->processors; i++) {
        int counter = before->counters[event][i];

        all[i] = counter < 0 ? -1 : fcntl(counter, F_DUPFD_CLOEXEC, 3);
    }
}

/* Perf does not take what was opened only as a path. */
static int
open_group(const CgroupLayout *layout, const char *group, GError **error)
{
    g_auto(Fd) directory = -1;
    int fd;

    if (!cgroup_has(layout, CGROUP_PERF_EVENT)) {
        fail(error, FAILURE_OPERATION_UNSUPPORTED,
             "this host has no control group hierarchy that counts events: mount cgroup2, or that "
             "of the controller perf_event");
        return -1;
    }
    if ((directory = cgroup_open(layout, CGROUP_PERF_EVENT, group, error)) < 0)
        return -1;
    fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        fail_errno(error, errno, "cannot open the control group '%s'", group);
    return fd;
}

GroupCounters *
group_counters_new(const CgroupLayout *layout, const char *group, uint32_t wanted,
                   const GroupCounters *before, GError **error)
{
    g_autoptr(GroupCounters) counters = g_new0(GroupCounters, 1);
    g_auto(Fd) directory = -1;
    unsigned i;

    g_atomic_ref_count_init(&counters->references);
    counters->processors = (unsigned)sysconf(_SC_NPROCESSORS_CONF);
    if (wanted && (directory = open_group(layout, group, error)) < 0)
        return NULL;
    for (i = 0; i < EVENTS; i++) {
        if (!(wanted >> i & 1))
            continue;
        if (before && before->counters[i])
            copy_event(counters, before, i);
        else if (!open_event(counters, directory, i, error))
            return NULL;
    }
    return g_steal_pointer(&counters);
}

GroupCounters *
group_counters_ref(GroupCounters *counters)
{
    g_atomic_ref_count_inc(&counters->references);
    return counters;
}

void
group_counters_unref(GroupCounters *counters)
{
    unsigned event;
    unsigned i;

    if (!counters || !g_atomic_ref_count_dec(&counters->references))
        return;
    for (event = 0; event < EVENTS; event++) {
        for (i = 0; counters->counters[event] && i < counters->processors; i++)
            fd_close(&counters->counters[event][i]);
        g_free(counters->counters[event]);
    }
    g_free(counters);
}

/* Hardware has few counters, which events take turns with: what one missed is made up for. */
static uint64_t
scale(const uint64_t *value)
{
    if (value[2] == 0 || value[2] >= value[1])
        return value[0];
    return (uint64_t)((double)value[0] * (double)value[1] / (double)value[2]);
}

bool
group_counters_read(const GroupCounters *counters, unsigned event, uint64_t *ret_count)
{
    unsigned i;

    if (!counters->counters[event])
        return false;
    *ret_count = 0;
    for (i = 0; i < counters->processors; i++) {
        uint64_t value[3]; /* count, nanoseconds it was wanted, and was counted */
        int counter = counters->counters[event][i];

        if (counter >= 0 && read(counter, value, sizeof(value)) == (ssize_t)sizeof(value))
            *ret_count += scale(value);
    }
    return true;
}
