/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls on the memory nodes of a guest. */
#include "cgroup/limit.h"
#include "controller/wire/failure.h"
#include "driver/api.h"
#include "driver/change.h"
#include "driver/host.h"
#include "driver/look.h"
#include "driver/parameters.h"
#include "driver/report.h"
#include "xml/cpulist.h"

enum { NUMA_ROW_MODE, NUMA_ROW_NODES };

static const ParameterRow numa_rows[] = {
    [NUMA_ROW_MODE] = { VIR_DOMAIN_NUMA_MODE, VIR_TYPED_PARAM_INT },
    [NUMA_ROW_NODES] = { VIR_DOMAIN_NUMA_NODESET, VIR_TYPED_PARAM_STRING },
    { NULL },
};

/* The modes have libvirt's numbers. */
G_STATIC_ASSERT((int)NUMA_STRICT == (int)VIR_DOMAIN_NUMATUNE_MEM_STRICT);
G_STATIC_ASSERT((int)NUMA_RESTRICTIVE == (int)VIR_DOMAIN_NUMATUNE_MEM_RESTRICTIVE);

/* Whether the nodes are an order, which the kernel keeps for us, and no wish. */
static bool
is_enforced(NumaMode mode)
{
    return mode == NUMA_STRICT || mode == NUMA_RESTRICTIVE;
}

static int
api_domain_get_numa_parameters(virDomainPtr handle, virTypedParameterPtr params, int *nparams,
                               unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(Look) look = { { NULL } };
    g_autofree char *nodes = NULL;
    const Definition *definition;
    ParameterRoom room;
    NumaMode mode;

    if (!report_check_flags(flags, LOOK_FLAGS))
        return -1;
    if (!(definition =
              look_begin(&look, handle, flags, ACL(virDomainGetNumaParametersEnsureACL), &error)))
        return report(error);
    mode = definition->numa_tuning.memory.mode;
    nodes = g_strdup(definition->numa_tuning.memory.nodeset);
    look_unlock(&look);
    if (look.usage.group && is_enforced(mode) && cgroup_has(host_cgroups(), CGROUP_CPUSET)) {
        g_free(nodes);
        nodes = limit_read_nodes(host_cgroups(), look.usage.group, &error);
        if (!look_expect(&look, nodes != NULL, &error))
            return report(error);
    }
    room = parameters_begin(params, nparams);
    parameters_put_number(&room, &numa_rows[NUMA_ROW_MODE], mode);
    parameters_put_text(&room, &numa_rows[NUMA_ROW_NODES], nodes);
    parameters_end(&room, nparams);
    return 0;
}

/* What is given, understood. */
typedef struct {
    int mode;    /* -1: not given */
    char *nodes; /* canonical; NULL: not given */
} NumaChange;

static void
numa_change_clear(NumaChange *numa)
{
    g_clear_pointer(&numa->nodes, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(NumaChange, numa_change_clear)

static bool
read_given(Parameters given, NumaChange *ret_numa, GError **error)
{
    const virTypedParameter *mode = parameters_find(given, VIR_DOMAIN_NUMA_MODE);
    const virTypedParameter *nodes = parameters_find(given, VIR_DOMAIN_NUMA_NODESET);

    ret_numa->mode = mode ? mode->value.i : -1;
    if (mode && (mode->value.i < NUMA_STRICT || mode->value.i > NUMA_RESTRICTIVE))
        return fail(error, FAILURE_INVALID_ARG,
                    "invalid value '%d' of parameter '%s': 0 (strict), 1 (preferred), 2 "
                    "(interleave) and 3 (restrictive) are possible",
                    mode->value.i, VIR_DOMAIN_NUMA_MODE);
    if (nodes && cpulist_canonical(nodes->value.s, &ret_numa->nodes) != CPULIST_OK)
        return fail(error, FAILURE_INVALID_ARG,
                    "invalid value '%.64s' of parameter '%s': a list of nodes such as '0-1,3' is "
                    "needed",
                    nodes->value.s, VIR_DOMAIN_NUMA_NODESET);
    return true;
}

static void
set_tuning(Definition *definition, const NumaChange *numa)
{
    NumaMemory *memory = &definition->numa_tuning.memory;

    memory->present = true;
    if (numa->mode >= 0)
        memory->mode = (NumaMode)numa->mode;
    if (numa->nodes) {
        g_free(memory->nodeset);
        memory->nodeset = g_strdup(numa->nodes);
        memory->placement = NUMA_PLACEMENT_STATIC;
    }
}

static bool
check_live(const Change *change, const NumaChange *numa, GError **error)
{
    NumaMode mode = change->live->numa_tuning.memory.mode;

    if (numa->mode >= 0 && numa->mode != (int)mode)
        return fail(error, FAILURE_OPERATION_INVALID,
                    "the mode of <numatune> of domain '%s' cannot be changed while it is running; "
                    "change its configuration",
                    change->domain->name);
    if (numa->nodes && !is_enforced(mode))
        return fail(error, FAILURE_OPERATION_INVALID,
                    "the nodes of domain '%s' cannot be changed while it is running: that needs "
                    "the mode 'strict' or 'restrictive'",
                    change->domain->name);
    return true;
}

static bool
set_numa(Change *change, const NumaChange *numa, GError **error)
{
    g_autofree char *before = NULL;

    if (change->config)
        set_tuning(change->config, numa);
    if (!change->live)
        return change_commit(change, error);
    if (!check_live(change, numa, error))
        return false;
    set_tuning(change->live, numa);
    if (!numa->nodes)
        return change_commit(change, error);
    if (!(before = limit_read_nodes(host_cgroups(), change->group, error)))
        return false;
    if (limit_write_nodes(host_cgroups(), change->group, numa->nodes, error) &&
        change_commit(change, error))
        return true;
    limit_write_nodes(host_cgroups(), change->group, before, NULL);
    return false;
}

static int
api_domain_set_numa_parameters(virDomainPtr handle, virTypedParameterPtr params, int nparams,
                               unsigned int flags)
{
    Parameters given = { params, nparams };
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    g_auto(NumaChange) numa = { 0 };
    g_auto(Change) change = { NULL };
    Domain *domain;

    if (!report_check_flags(flags, AFFECT_FLAGS))
        return -1;
    domain = operation_begin(&operation, handle, "set memory nodes of",
                             ACL_FLAGS(virDomainSetNumaParametersEnsureACL, flags), &error);
    if (!domain || !parameters_check(given, numa_rows, "NUMA", &error) ||
        !read_given(given, &numa, &error) || !change_begin(&change, domain, flags, &error) ||
        !set_numa(&change, &numa, &error))
        return report(error);
    return 0;
}

const ApiSlot limits_numa_api[] = {
    API(domainGetNumaParameters, api_domain_get_numa_parameters),
    API(domainSetNumaParameters, api_domain_set_numa_parameters),
    { NULL, NULL },
};
