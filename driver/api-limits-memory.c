/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls on how much memory a guest may use. */
#include "cgroup/limit.h"
#include "controller/wire/failure.h"
#include "driver/api.h"
#include "driver/audit.h"
#include "driver/change.h"
#include "driver/events.h"
#include "driver/host.h"
#include "driver/look.h"
#include "driver/parameters.h"
#include "driver/report.h"

static const ParameterRow memory_rows[] = {
    { VIR_DOMAIN_MEMORY_HARD_LIMIT, VIR_TYPED_PARAM_ULLONG },
    { VIR_DOMAIN_MEMORY_SOFT_LIMIT, VIR_TYPED_PARAM_ULLONG },
    { VIR_DOMAIN_MEMORY_SWAP_HARD_LIMIT, VIR_TYPED_PARAM_ULLONG },
    { NULL },
};

/* Where the rows are: in KiB in the definition, in bytes in the kernel. */
static const struct {
    size_t tuning; /* uint64_t of MemoryTuning */
    size_t kernel; /* int64_t of ContainerMemory */
} memory_members[] = {
    { offsetof(MemoryTuning, hard_limit), offsetof(ContainerMemory, limit) },
    { offsetof(MemoryTuning, soft_limit), offsetof(ContainerMemory, reservation) },
    { offsetof(MemoryTuning, swap_hard_limit), offsetof(ContainerMemory, swap) },
};

static int64_t
bytes_of(uint64_t kib)
{
    return kib >= TUNING_UNLIMITED ? -1 : (int64_t)(kib * 1024);
}

static uint64_t
kib_of(int64_t bytes)
{
    return bytes < 0 ? TUNING_UNLIMITED : (uint64_t)bytes / 1024;
}

static int
api_domain_get_memory_parameters(virDomainPtr handle, virTypedParameterPtr params, int *nparams,
                                 unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(Look) look = { { NULL } };
    const Definition *definition;
    ContainerMemory memory;
    MemoryTuning tuning;
    ParameterRoom room;
    size_t i;

    if (!report_check_flags(flags, LOOK_FLAGS))
        return -1;
    if (!(definition =
              look_begin(&look, handle, flags, ACL(virDomainGetMemoryParametersEnsureACL), &error)))
        return report(error);
    tuning = definition->memory_tuning;
    look_unlock(&look);
    if (look.usage.group &&
        !look_expect(&look, limit_read_memory(host_cgroups(), look.usage.group, &memory, &error),
                     &error))
        return report(error);
    room = parameters_begin(params, nparams);
    for (i = 0; memory_rows[i].name; i++) {
        uint64_t kib = look.usage.group
                           ? kib_of(G_STRUCT_MEMBER(int64_t, &memory, memory_members[i].kernel))
                           : G_STRUCT_MEMBER(uint64_t, &tuning, memory_members[i].tuning);

        parameters_put_number(&room, &memory_rows[i], MIN(kib, TUNING_UNLIMITED));
    }
    parameters_end(&room, nparams);
    return 0;
}

static bool
check_order(uint64_t memory, uint64_t swap, GError **error)
{
    if (memory == 0)
        return fail(error, FAILURE_INVALID_ARG,
                    "a limit of 0 KiB of memory leaves a guest nothing to run in");
    if (swap >= TUNING_UNLIMITED || memory <= swap)
        return true;
    if (memory >= TUNING_UNLIMITED)
        return fail(error, FAILURE_INVALID_ARG,
                    "swap_hard_limit (%" G_GUINT64_FORMAT " KiB), which is of memory plus swap, "
                    "needs a hard_limit that is not more",
                    swap);
    return fail(error, FAILURE_INVALID_ARG,
                "the limit of memory (%" G_GUINT64_FORMAT " KiB) must not be more than "
                "swap_hard_limit (%" G_GUINT64_FORMAT " KiB), which is of memory plus swap",
                memory, swap);
}

/* Puts what was given into a definition. */
static bool
set_tuning(Definition *definition, Parameters given, GError **error)
{
    MemoryTuning *tuning = &definition->memory_tuning;
    size_t i;

    for (i = 0; memory_rows[i].name; i++) {
        const virTypedParameter *parameter = parameters_find(given, memory_rows[i].name);

        if (parameter)
            G_STRUCT_MEMBER(uint64_t, tuning, memory_members[i].tuning) =
                MIN(parameter_number(parameter), TUNING_UNLIMITED);
    }
    return check_order(definition_memory_limit(definition), tuning->swap_hard_limit, error);
}

/* Takes the guest from @before to @after, or leaves it where it was. */
static bool
apply_memory(const char *group, const ContainerMemory *before, const ContainerMemory *after,
             GError **error)
{
    ContainerMemory now;

    if (limit_change_memory(host_cgroups(), group, before, after, error))
        return true;
    if (limit_read_memory(host_cgroups(), group, &now, NULL))
        limit_change_memory(host_cgroups(), group, &now, before, NULL);
    return false;
}

/* Kernel first, then what is said of it, which is taken back when that cannot be written. */
static bool
commit_memory(Change *change, const ContainerMemory *before, const ContainerMemory *after,
              GError **error)
{
    if (change->group && !apply_memory(change->group, before, after, error))
        return false;
    if (change_commit(change, error))
        return true;
    if (change->group)
        apply_memory(change->group, after, before, NULL);
    return false;
}

static bool
set_memory_parameters(Change *change, Parameters given, GError **error)
{
    ContainerMemory before = { -1, -1, -1 };
    ContainerMemory after;
    size_t i;

    if ((change->config && !set_tuning(change->config, given, error)) ||
        (change->group && !limit_read_memory(host_cgroups(), change->group, &before, error)))
        return false;
    after = before;
    for (i = 0; change->live && memory_rows[i].name; i++) {
        const virTypedParameter *parameter = parameters_find(given, memory_rows[i].name);

        if (!parameter)
            continue;
        G_STRUCT_MEMBER(int64_t, &after, memory_members[i].kernel) =
            bytes_of(parameter_number(parameter));
        G_STRUCT_MEMBER(uint64_t, &change->live->memory_tuning, memory_members[i].tuning) =
            MIN(parameter_number(parameter), TUNING_UNLIMITED);
    }
    if (change->live && !check_order(kib_of(after.limit), kib_of(after.swap), error))
        return false;
    return commit_memory(change, &before, &after, error);
}

static int
api_domain_set_memory_parameters(virDomainPtr handle, virTypedParameterPtr params, int nparams,
                                 unsigned int flags)
{
    Parameters given = { params, nparams };
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    g_auto(Change) change = { NULL };
    Domain *domain;

    if (!report_check_flags(flags, AFFECT_FLAGS))
        return -1;
    domain = operation_begin(&operation, handle, "set memory limits of",
                             ACL_FLAGS(virDomainSetMemoryParametersEnsureACL, flags), &error);
    if (!domain || !parameters_check(given, memory_rows, "memory", &error) ||
        !change_begin(&change, domain, flags, &error) ||
        !set_memory_parameters(&change, given, &error))
        return report(error);
    return 0;
}

static bool
set_maximum(Change *change, uint64_t kib, GError **error)
{
    Definition *config = change->config;

    if (change->live)
        return fail(error, FAILURE_OPERATION_INVALID,
                    "the maximum memory of domain '%s' cannot be changed while it is running; "
                    "change its configuration",
                    change->domain->name);
    config->memory = MIN(kib, TUNING_UNLIMITED);
    config->current_memory = MIN(config->current_memory, config->memory);
    return check_order(definition_memory_limit(config), config->memory_tuning.swap_hard_limit,
                       error) &&
           change_commit(change, error);
}

static bool
set_current(Definition *definition, uint64_t kib, GError **error)
{
    if (kib > definition->memory)
        return fail(error, FAILURE_INVALID_ARG,
                    "%" G_GUINT64_FORMAT " KiB are more than the maximum memory of domain '%s', "
                    "%" G_GUINT64_FORMAT " KiB",
                    kib, definition->name, definition->memory);
    definition->current_memory = kib;
    return check_order(definition_memory_limit(definition),
                       definition->memory_tuning.swap_hard_limit, error);
}

static bool
set_memory(Change *change, uint64_t kib, GError **error)
{
    ContainerMemory before = { -1, -1, -1 };
    ContainerMemory after;
    uint64_t current = change->live ? change->live->current_memory : 0;
    bool committed;

    if ((change->config && !set_current(change->config, kib, error)) ||
        (change->live && !set_current(change->live, kib, error)) ||
        (change->group && !limit_read_memory(host_cgroups(), change->group, &before, error)))
        return false;
    after = before;
    if (change->live)
        after.limit = bytes_of(definition_memory_limit(change->live));
    committed = commit_memory(change, &before, &after, error);
    if (change->live)
        audit_memory(change->domain, current, kib, "update", committed);
    return committed;
}

static int
set_memory_of(virDomainPtr handle, uint64_t memory, unsigned int flags, Access access)
{
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    g_auto(Change) change = { NULL };
    Domain *domain = operation_begin(&operation, handle, "set memory of", access, &error);
    bool good;

    if (!domain || !change_begin(&change, domain, flags & AFFECT_FLAGS, &error))
        return report(error);
    good = flags & VIR_DOMAIN_MEM_MAXIMUM ? set_maximum(&change, memory, &error)
                                          : set_memory(&change, memory, &error);
    if (!good)
        return report(error);
    if (change.live)
        event_balloon(domain, memory);
    return 0;
}

static int
api_domain_set_memory_flags(virDomainPtr handle, unsigned long memory, unsigned int flags)
{
    if (!report_check_flags(flags, AFFECT_FLAGS | VIR_DOMAIN_MEM_MAXIMUM))
        return -1;
    return set_memory_of(handle, memory, flags, ACL_FLAGS(virDomainSetMemoryFlagsEnsureACL, flags));
}

static int
api_domain_set_memory(virDomainPtr handle, unsigned long memory)
{
    return set_memory_of(handle, memory, VIR_DOMAIN_AFFECT_LIVE, ACL(virDomainSetMemoryEnsureACL));
}

static int
api_domain_set_max_memory(virDomainPtr handle, unsigned long memory)
{
    return set_memory_of(handle, memory, VIR_DOMAIN_MEM_MAXIMUM,
                         ACL(virDomainSetMaxMemoryEnsureACL));
}

const ApiSlot limits_memory_api[] = {
    API(domainGetMemoryParameters, api_domain_get_memory_parameters),
    API(domainSetMemoryParameters, api_domain_set_memory_parameters),
    API(domainSetMemoryFlags, api_domain_set_memory_flags),
    API(domainSetMemory, api_domain_set_memory),
    API(domainSetMaxMemory, api_domain_set_max_memory),
    { NULL, NULL },
};
