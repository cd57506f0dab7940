/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls on performance events. What they counted is among the statistics. */
#include "controller/wire/failure.h"
#include "driver/api.h"
#include "driver/change.h"
#include "driver/look.h"
#include "driver/parameters.h"
#include "driver/perf.h"
#include "driver/report.h"

static const ParameterRow rows[] = {
    { VIR_PERF_PARAM_CMT, VIR_TYPED_PARAM_BOOLEAN },
    { VIR_PERF_PARAM_MBMT, VIR_TYPED_PARAM_BOOLEAN },
    { VIR_PERF_PARAM_MBML, VIR_TYPED_PARAM_BOOLEAN },
    { VIR_PERF_PARAM_CPU_CYCLES, VIR_TYPED_PARAM_BOOLEAN },
    { VIR_PERF_PARAM_INSTRUCTIONS, VIR_TYPED_PARAM_BOOLEAN },
    { VIR_PERF_PARAM_CACHE_REFERENCES, VIR_TYPED_PARAM_BOOLEAN },
    { VIR_PERF_PARAM_CACHE_MISSES, VIR_TYPED_PARAM_BOOLEAN },
    { VIR_PERF_PARAM_BRANCH_INSTRUCTIONS, VIR_TYPED_PARAM_BOOLEAN },
    { VIR_PERF_PARAM_BRANCH_MISSES, VIR_TYPED_PARAM_BOOLEAN },
    { VIR_PERF_PARAM_BUS_CYCLES, VIR_TYPED_PARAM_BOOLEAN },
    { VIR_PERF_PARAM_STALLED_CYCLES_FRONTEND, VIR_TYPED_PARAM_BOOLEAN },
    { VIR_PERF_PARAM_STALLED_CYCLES_BACKEND, VIR_TYPED_PARAM_BOOLEAN },
    { VIR_PERF_PARAM_REF_CPU_CYCLES, VIR_TYPED_PARAM_BOOLEAN },
    { VIR_PERF_PARAM_CPU_CLOCK, VIR_TYPED_PARAM_BOOLEAN },
    { VIR_PERF_PARAM_TASK_CLOCK, VIR_TYPED_PARAM_BOOLEAN },
    { VIR_PERF_PARAM_PAGE_FAULTS, VIR_TYPED_PARAM_BOOLEAN },
    { VIR_PERF_PARAM_CONTEXT_SWITCHES, VIR_TYPED_PARAM_BOOLEAN },
    { VIR_PERF_PARAM_CPU_MIGRATIONS, VIR_TYPED_PARAM_BOOLEAN },
    { VIR_PERF_PARAM_PAGE_FAULTS_MIN, VIR_TYPED_PARAM_BOOLEAN },
    { VIR_PERF_PARAM_PAGE_FAULTS_MAJ, VIR_TYPED_PARAM_BOOLEAN },
    { VIR_PERF_PARAM_ALIGNMENT_FAULTS, VIR_TYPED_PARAM_BOOLEAN },
    { VIR_PERF_PARAM_EMULATION_FAULTS, VIR_TYPED_PARAM_BOOLEAN },
    { NULL },
};

static PerfEvent *
find_event(const Definition *definition, const char *name)
{
    guint i;

    for (i = 0; i < definition->perf.events->len; i++) {
        PerfEvent *event = definition->perf.events->pdata[i];

        if (g_str_equal(perf_event_names[event->name], name))
            return event;
    }
    return NULL;
}

static int
api_domain_get_perf_events(virDomainPtr handle, virTypedParameterPtr *params, int *nparams,
                           unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(Look) look = { { NULL } };
    const Definition *definition;
    virTypedParameterPtr list = NULL;
    int count = 0;
    int size = 0;
    size_t i;

    if (!report_check_flags(flags, LOOK_FLAGS))
        return -1;
    if (!(definition =
              look_begin(&look, handle, flags, ACL(virDomainGetPerfEventsEnsureACL), &error)))
        return report(error);
    for (i = 0; rows[i].name; i++) {
        const PerfEvent *event = find_event(definition, rows[i].name);

        virTypedParamsAddBoolean(&list, &count, &size, rows[i].name, event && event->enabled);
    }
    *params = list;
    *nparams = count;
    return 0;
}

static int
name_index(const char *name)
{
    int i = 0;

    while (!g_str_equal(perf_event_names[i], name))
        i++;
    return i;
}

static void
set_events(Definition *definition, Parameters given)
{
    guint i;

    for (i = 0; rows[i].name; i++) {
        const virTypedParameter *parameter = parameters_find(given, rows[i].name);
        PerfEvent *event = find_event(definition, rows[i].name);

        if (!parameter)
            continue;
        if (!event) {
            event = g_new0(PerfEvent, 1);
            event->name = name_index(rows[i].name);
            g_ptr_array_add(definition->perf.events, event);
        }
        event->enabled = parameter->value.b != 0;
    }
    g_ptr_array_sort(definition->perf.events, perf_event_compare);
}

/* Puts @counters in the place of those that the guest has, which it returns. */
static GroupCounters *
exchange(Domain *domain, GroupCounters *counters)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);
    GroupCounters *before = domain->guest->counters;

    domain->guest->counters = counters;
    return before;
}

static bool
change_events(Change *change, Parameters given, GError **error)
{
    g_autoptr(GroupCounters) counters = NULL;
    bool live = change->live != NULL;

    if (change->config)
        set_events(change->config, given);
    if (live) {
        set_events(change->live, given);
        if (!(counters = perf_counters(change->live, change->group, change->domain->guest->counters,
                                       error)))
            return false;
    }
    if (!change_commit(change, error))
        return false;
    if (live)
        counters = exchange(change->domain, g_steal_pointer(&counters));
    return true;
}

static int
api_domain_set_perf_events(virDomainPtr handle, virTypedParameterPtr params, int nparams,
                           unsigned int flags)
{
    Parameters given = { params, nparams };
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    g_auto(Change) change = { NULL };
    Domain *domain;

    if (!report_check_flags(flags, AFFECT_FLAGS))
        return -1;
    domain = operation_begin(&operation, handle, "set performance events of",
                             ACL(virDomainSetPerfEventsEnsureACL), &error);
    if (!domain || !parameters_check(given, rows, "performance events", &error) ||
        !change_begin(&change, domain, flags, &error) || !change_events(&change, given, &error))
        return report(error);
    return 0;
}

const ApiSlot perf_api[] = {
    API(domainGetPerfEvents, api_domain_get_perf_events),
    API(domainSetPerfEvents, api_domain_set_perf_events),
    { NULL, NULL },
};
