/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls on how much of the processors a guest may use. */
#include "cgroup/limit.h"
#include "controller/wire/failure.h"
#include "controller/wire/shares.h"
#include "driver/api.h"
#include "driver/change.h"
#include "driver/events.h"
#include "driver/host.h"
#include "driver/look.h"
#include "driver/parameters.h"
#include "driver/report.h"
#include "xml/processors.h"

#define PERIOD_DEFAULT 100000

/* Rows of cpu_rows[]; the first is there on every kernel. */
enum { CPU_SHARES, CPU_PERIOD, CPU_QUOTA, CPU_ROWS };

static const ParameterRow cpu_rows[CPU_ROWS + 1] = {
    [CPU_SHARES] = { VIR_DOMAIN_SCHEDULER_CPU_SHARES, VIR_TYPED_PARAM_ULLONG },
    [CPU_PERIOD] = { VIR_DOMAIN_SCHEDULER_VCPU_PERIOD, VIR_TYPED_PARAM_ULLONG },
    [CPU_QUOTA] = { VIR_DOMAIN_SCHEDULER_VCPU_QUOTA, VIR_TYPED_PARAM_LLONG },
    { NULL },
};

/* Which numbers are possible beside 0, the one that says nothing. */
static const struct {
    size_t member; /* of CpuTuning; eight bytes */
    int64_t min;
    int64_t max;
    const char *event;
} cpu_details[CPU_ROWS] = {
    [CPU_SHARES] = { offsetof(CpuTuning, shares), SHARES_MIN, SHARES_MAX,
                     VIR_DOMAIN_TUNABLE_CPU_CPU_SHARES },
    [CPU_PERIOD] = { offsetof(CpuTuning, period), 1000, 1000000,
                     VIR_DOMAIN_TUNABLE_CPU_VCPU_PERIOD },
    [CPU_QUOTA] = { offsetof(CpuTuning, quota), 1000, G_GINT64_CONSTANT(17592186044415),
                    VIR_DOMAIN_TUNABLE_CPU_VCPU_QUOTA },
};

/* What the definition says, in the words of the parameters: 0 for nothing. */
static uint64_t
tuning_get(const CpuTuning *tuning, size_t row)
{
    uint64_t value = G_STRUCT_MEMBER(uint64_t, tuning, cpu_details[row].member);

    return row == CPU_SHARES && value == UINT64_MAX ? 0 : value;
}

static void
tuning_set(CpuTuning *tuning, size_t row, uint64_t value)
{
    G_STRUCT_MEMBER(uint64_t, tuning, cpu_details[row].member) =
        row == CPU_SHARES && value == 0 ? UINT64_MAX : value;
}

static bool
check_values(Parameters given, GError **error)
{
    size_t i;

    for (i = 0; i < CPU_ROWS; i++) {
        const virTypedParameter *parameter = parameters_find(given, cpu_rows[i].name);
        int64_t value = parameter ? (int64_t)parameter_number(parameter) : 0;

        if (value == 0 || (value >= cpu_details[i].min && value <= cpu_details[i].max) ||
            (i == CPU_QUOTA && value < 0))
            continue;
        return fail(error, FAILURE_INVALID_ARG,
                    "invalid value '%" G_GINT64_FORMAT "' of parameter '%s': between "
                    "%" G_GINT64_FORMAT " and %" G_GINT64_FORMAT "%s are possible, and 0 for the "
                    "kernel's own",
                    value, cpu_rows[i].name, cpu_details[i].min, cpu_details[i].max,
                    i == CPU_QUOTA ? ", less than 0 for no limit" : "");
    }
    return true;
}

static int
read_scheduler(virDomainPtr handle, unsigned int flags, Access access, uint64_t values[CPU_ROWS],
               GError **error)
{
    g_auto(Look) look = { { NULL } };
    const Definition *definition = look_begin(&look, handle, flags, access, error);
    ContainerCpu cpu = { 0 };
    size_t i;

    if (!definition)
        return -1;
    for (i = 0; i < CPU_ROWS; i++)
        values[i] = tuning_get(&definition->cpu_tuning, i);
    look_unlock(&look);
    if (!look.usage.group)
        return CPU_ROWS;
    if (!look_expect(&look, limit_read_cpu(host_cgroups(), look.usage.group, &cpu, error), error))
        return -1;
    /* version 2 has a weight, which other numbers of shares have as well */
    if (values[CPU_SHARES] == 0 || cgroup_version(host_cgroups(), CGROUP_CPU) == 1 ||
        weight_of_shares(values[CPU_SHARES]) != weight_of_shares(cpu.shares))
        values[CPU_SHARES] = cpu.shares;
    values[CPU_PERIOD] = cpu.period;
    values[CPU_QUOTA] = (uint64_t)cpu.quota;
    return cpu.period == CONTAINER_UNSET ? 1 : CPU_ROWS;
}

static char *
api_domain_get_scheduler_type(virDomainPtr handle, int *nparams)
{
    g_autoptr(GError) error = NULL;
    uint64_t values[CPU_ROWS];
    int count = read_scheduler(handle, 0, ACL(virDomainGetSchedulerTypeEnsureACL), values, &error);

    if (count < 0)
        return report_null(error);
    if (nparams)
        *nparams = count;
    return g_strdup("posix");
}

static int
api_domain_get_scheduler_parameters_flags(virDomainPtr handle, virTypedParameterPtr params,
                                          int *nparams, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    uint64_t values[CPU_ROWS];
    ParameterRoom room;
    int count;
    int i;

    if (!report_check_flags(flags, LOOK_FLAGS))
        return -1;
    count = read_scheduler(handle, flags, ACL(virDomainGetSchedulerParametersFlagsEnsureACL),
                           values, &error);
    if (count < 0)
        return report(error);
    room = parameters_begin(params, nparams);
    for (i = 0; i < count; i++)
        parameters_put_number(&room, &cpu_rows[i], values[i]);
    parameters_end(&room, nparams);
    return 0;
}

static int
api_domain_get_scheduler_parameters(virDomainPtr handle, virTypedParameterPtr params, int *nparams)
{
    return api_domain_get_scheduler_parameters_flags(handle, params, nparams, 0);
}

/* What is to be written where @before is: what is said nothing of becomes what a fresh group has.
 */
static bool
prepare_cpu(Parameters given, const ContainerCpu *before, ContainerCpu *ret_after, GError **error)
{
    const virTypedParameter *shares = parameters_find(given, cpu_rows[CPU_SHARES].name);
    const virTypedParameter *period = parameters_find(given, cpu_rows[CPU_PERIOD].name);
    const virTypedParameter *quota = parameters_find(given, cpu_rows[CPU_QUOTA].name);
    ContainerCpu after = { .shares = CONTAINER_UNSET, .period = CONTAINER_UNSET };

    if (shares)
        after.shares = shares->value.ul ? shares->value.ul : SHARES_DEFAULT;
    if (period || quota) {
        if (before->period == CONTAINER_UNSET)
            return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                        "this host's kernel has no bandwidth control of processors, which period "
                        "and quota need");
        after.period = before->period;
        after.quota = before->quota;
    }
    if (period)
        after.period = period->value.ul ? period->value.ul : PERIOD_DEFAULT;
    if (quota)
        after.quota = quota->value.l > 0 ? quota->value.l : -1;
    *ret_after = after;
    return true;
}

/* Takes back what was written of @after. */
static void
restore_cpu(const char *group, const ContainerCpu *before, const ContainerCpu *after)
{
    ContainerCpu back = { .shares = CONTAINER_UNSET, .period = CONTAINER_UNSET };

    if (after->shares != CONTAINER_UNSET)
        back.shares = before->shares;
    if (after->period != CONTAINER_UNSET) {
        back.period = before->period;
        back.quota = before->quota;
    }
    limit_write_cpu(host_cgroups(), group, &back, NULL);
}

static bool
set_scheduler(Change *change, Parameters given, GError **error)
{
    Definition *const definitions[] = { change->live, change->config };
    ContainerCpu before = { 0 };
    ContainerCpu after = { 0 };
    bool always = host_settings()->vcpus_are_quota;
    size_t i;
    size_t row;

    for (i = 0; i < G_N_ELEMENTS(definitions); i++) {
        for (row = 0; definitions[i] && row < CPU_ROWS; row++) {
            const virTypedParameter *parameter = parameters_find(given, cpu_rows[row].name);

            if (parameter)
                tuning_set(&definitions[i]->cpu_tuning, row, parameter_number(parameter));
        }
    }
    if (!change->group)
        return change_commit(change, error);
    if (!limit_read_cpu(host_cgroups(), change->group, &before, error) ||
        !prepare_cpu(given, &before, &after, error))
        return false;
    /* fewer vcpus online than there are limit the guest as well */
    if (after.period != CONTAINER_UNSET &&
        (always || change->live->vcpus_online < change->live->vcpus))
        after.quota = processors_quota(change->live, always);
    if (limit_write_cpu(host_cgroups(), change->group, &after, error) &&
        change_commit(change, error))
        return true;
    restore_cpu(change->group, &before, &after);
    return false;
}

static void
announce(Domain *domain, Parameters given)
{
    virTypedParameterPtr params = NULL;
    int count = 0;
    int size = 0;
    size_t i;

    for (i = 0; i < CPU_ROWS; i++) {
        const virTypedParameter *parameter = parameters_find(given, cpu_rows[i].name);

        if (!parameter)
            continue;
        if (i == CPU_QUOTA)
            virTypedParamsAddLLong(&params, &count, &size, cpu_details[i].event,
                                   parameter->value.l);
        else
            virTypedParamsAddULLong(&params, &count, &size, cpu_details[i].event,
                                    parameter->value.ul);
    }
    if (count > 0)
        event_tunable(domain, params, count);
}

static int
api_domain_set_scheduler_parameters_flags(virDomainPtr handle, virTypedParameterPtr params,
                                          int nparams, unsigned int flags)
{
    Parameters given = { params, nparams };
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    g_auto(Change) change = { NULL };
    Domain *domain;

    if (!report_check_flags(flags, AFFECT_FLAGS))
        return -1;
    domain =
        operation_begin(&operation, handle, "set scheduler parameters of",
                        ACL_FLAGS(virDomainSetSchedulerParametersFlagsEnsureACL, flags), &error);
    if (!domain || !parameters_check(given, cpu_rows, "the scheduler", &error) ||
        !check_values(given, &error) || !change_begin(&change, domain, flags, &error) ||
        !set_scheduler(&change, given, &error))
        return report(error);
    if (change.group)
        announce(domain, given);
    return 0;
}

static int
api_domain_set_scheduler_parameters(virDomainPtr handle, virTypedParameterPtr params, int nparams)
{
    return api_domain_set_scheduler_parameters_flags(handle, params, nparams, 0);
}

const ApiSlot limits_cpu_api[] = {
    API(domainGetSchedulerType, api_domain_get_scheduler_type),
    API(domainGetSchedulerParameters, api_domain_get_scheduler_parameters),
    API(domainGetSchedulerParametersFlags, api_domain_get_scheduler_parameters_flags),
    API(domainSetSchedulerParameters, api_domain_set_scheduler_parameters),
    API(domainSetSchedulerParametersFlags, api_domain_set_scheduler_parameters_flags),
    { NULL, NULL },
};
