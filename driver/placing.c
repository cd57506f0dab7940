/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processors and time of running guests. */
#include "driver/placing.h"

#include <string.h>

#include "cgroup/limit.h"
#include "controller/wire/failure.h"
#include "driver/host.h"
#include "xml/processors.h"

/* The guest's group is ".../libvirt", that of its controller is beside it. */
static char *
supervisor_of(const char *group)
{
    g_autofree char *above = g_path_get_dirname(group);

    return g_strconcat(above, "/" CGROUP_SUPERVISOR, NULL);
}

static int64_t
quota_of(const Definition *definition)
{
    return processors_quota(definition, host_settings()->vcpus_are_quota);
}

static bool
same_bandwidth(const Definition *before, const Definition *after)
{
    return quota_of(before) == quota_of(after);
}

static bool
apply_bandwidth(const char *group, const Definition *definition, GError **error)
{
    int64_t quota = quota_of(definition);
    uint64_t period = definition->cpu_tuning.period;
    ContainerCpu cpu = {
        .shares = CONTAINER_UNSET,
        .period = period ? period : PROCESSORS_PERIOD,
        .quota = quota > 0 ? quota : -1,
    };

    return limit_write_cpu(host_cgroups(), group, &cpu, error);
}

/* @list NULL: all that there are. A host without the controller has nothing to restrict with. */
static bool
apply_processors(const char *group, const char *list, GError **error)
{
    if (!cgroup_has(host_cgroups(), CGROUP_CPUSET))
        return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                    "this host has no control groups of processors (cpuset): nothing can be "
                    "pinned");
    return limit_write_processors(host_cgroups(), group, list, error);
}

/* What differs between the two is applied. */
static bool
apply(const char *group, const Definition *before, const Definition *after, GError **error)
{
    g_autofree char *processors_before = processors_allowed(before);
    g_autofree char *processors = processors_allowed(after);
    g_autofree char *supervisor = supervisor_of(group);
    const char *emulator = after->cpu_tuning.emulator_pin;

    if (!same_bandwidth(before, after) && !apply_bandwidth(group, after, error))
        return false;
    if (g_strcmp0(processors_before, processors) != 0 &&
        !apply_processors(group, processors, error))
        return false;
    return g_strcmp0(before->cpu_tuning.emulator_pin, emulator) == 0 ||
           apply_processors(supervisor, emulator, error);
}

bool
placing_commit(Change *change, GError **error)
{
    g_autoptr(Definition) before = NULL;
    g_autoptr(Definition) after = NULL;

    if (!change->live)
        return change_commit(change, error);
    before = definition_copy(change->domain->live);
    after = definition_copy(change->live);
    if (apply(change->group, before, after, error) && change_commit(change, error))
        return true;
    apply(change->group, after, before, NULL);
    return false;
}

bool
placing_begin(const Domain *domain, GError **error)
{
    g_autofree char *supervisor = NULL;

    if (!domain->live->cpu_tuning.emulator_pin)
        return true;
    supervisor = g_strconcat(domain->guest->cgroup, "/" CGROUP_SUPERVISOR, NULL);
    if (apply_processors(supervisor, domain->live->cpu_tuning.emulator_pin, error))
        return true;
    g_prefix_error(error, "<emulatorpin> of domain '%s': ", domain->name);
    return false;
}
