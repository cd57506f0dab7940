/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls on vcpus. A container has none: how many are online is how much processor time it may have,
 * when that is fewer than <vcpu> says; and where they are pinned is where all of its tasks run.
 */
#include <string.h>

#include "cgroup/limit.h"
#include "controller/wire/failure.h"
#include "driver/api.h"
#include "driver/audit.h"
#include "driver/change.h"
#include "driver/cpumap.h"
#include "driver/events.h"
#include "driver/host.h"
#include "driver/look.h"
#include "driver/placing.h"
#include "driver/report.h"
#include "driver/vcpu-times.h"
#include "xml/cpulist.h"
#include "xml/processors.h"

#define GET_FLAGS (AFFECT_FLAGS | VIR_DOMAIN_VCPU_MAXIMUM | VIR_DOMAIN_VCPU_GUEST)
#define SET_FLAGS (AFFECT_FLAGS | VIR_DOMAIN_VCPU_MAXIMUM | VIR_DOMAIN_VCPU_HOTPLUGGABLE)

static int
get_vcpus(virDomainPtr handle, unsigned int flags, Access access)
{
    g_autoptr(GError) error = NULL;
    g_auto(Look) look = { { NULL } };
    const Definition *definition = look_begin(&look, handle, flags, access, &error);

    if (!definition)
        return report(error);
    return (int)MIN(flags & VIR_DOMAIN_VCPU_MAXIMUM ? definition->vcpus : definition->vcpus_online,
                    G_MAXINT);
}

static int
api_domain_get_vcpus_flags(virDomainPtr handle, unsigned int flags)
{
    if (!report_check_flags(flags, GET_FLAGS))
        return -1;
    return get_vcpus(handle, flags, ACL_FLAGS(virDomainGetVcpusFlagsEnsureACL, flags));
}

static int
api_domain_get_max_vcpus(virDomainPtr handle)
{
    return get_vcpus(handle, VIR_DOMAIN_VCPU_MAXIMUM, ACL(virDomainGetMaxVcpusEnsureACL));
}

static bool
set_count(Definition *definition, unsigned count, bool maximum, GError **error)
{
    if (maximum) {
        definition->vcpus = count;
        definition->vcpus_online = MIN(definition->vcpus_online, count);
        return true;
    }
    if (count > definition->vcpus)
        return fail(error, FAILURE_INVALID_ARG,
                    "%u vcpus are more than the maximum of domain '%s', %" G_GUINT64_FORMAT, count,
                    definition->name, definition->vcpus);
    definition->vcpus_online = count;
    return true;
}

static bool
set_vcpus(Change *change, unsigned count, bool maximum, GError **error)
{
    uint64_t before = change->live ? change->live->vcpus_online : 0;
    bool committed;

    if (maximum && change->live)
        return fail(error, FAILURE_OPERATION_INVALID,
                    "the maximum of vcpus of domain '%s' cannot be changed while it is running; "
                    "change its configuration",
                    change->domain->name);
    if ((change->live && !set_count(change->live, count, false, error)) ||
        (change->config && !set_count(change->config, count, maximum, error)))
        return false;
    committed = placing_commit(change, error);
    if (change->live)
        audit_vcpus(change->domain, (unsigned)before, count, committed);
    return committed;
}

static int
api_domain_set_vcpus_flags(virDomainPtr handle, unsigned int count, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    g_auto(Change) change = { NULL };
    Domain *domain;

    if (!report_check_flags(flags, SET_FLAGS))
        return -1;
    domain = operation_begin(&operation, handle, "set vcpus of",
                             ACL_FLAGS(virDomainSetVcpusFlagsEnsureACL, flags), &error);
    if (!domain || !change_begin(&change, domain, flags & AFFECT_FLAGS, &error) ||
        !set_vcpus(&change, count, flags & VIR_DOMAIN_VCPU_MAXIMUM, &error))
        return report(error);
    return 0;
}

static int
api_domain_set_vcpus(virDomainPtr handle, unsigned int count)
{
    return api_domain_set_vcpus_flags(handle, count, VIR_DOMAIN_AFFECT_LIVE);
}

/* How many vcpus are online when those of @list are switched; they are the first ones always. 0
 * with error when that cannot be. */
static unsigned
count_with(const Definition *definition, const char *list, bool online, GError **error)
{
    unsigned before = (unsigned)definition->vcpus_online;
    unsigned after = 0;
    g_autofree unsigned char *map = g_malloc0(CPULIST_MAX / 8);
    unsigned i;

    cpumap_from_list(list, map, CPULIST_MAX / 8);
    for (i = 0; i < MAX(CPULIST_MAX, before); i++) {
        bool meant = i < CPULIST_MAX && map[i / 8] >> i % 8 & 1;
        bool becomes = meant ? online : i < before;

        if (meant && i >= definition->vcpus) {
            fail(error, FAILURE_INVALID_ARG,
                 "domain '%s' has no vcpu %u: there are %" G_GUINT64_FORMAT
                 ", counted from 0; give a lower number",
                 definition->name, i, definition->vcpus);
            return 0;
        }
        if (becomes && i > after) {
            fail(error, FAILURE_INVALID_ARG,
                 "vcpu %u of domain '%s' cannot be online while vcpu %u is not: a container's are "
                 "switched in order; name those between as well, or use setvcpus",
                 i, definition->name, after);
            return 0;
        }
        after += becomes;
    }
    if (after == 0)
        fail(error, FAILURE_INVALID_ARG,
             "domain '%s' cannot be without vcpus: leave vcpu 0 online, or suspend it",
             definition->name);
    return after;
}

static bool
switch_vcpus(Definition *definition, const char *list, bool online, GError **error)
{
    unsigned count = count_with(definition, list, online, error);

    return count > 0 && set_count(definition, count, false, error);
}

static bool
set_vcpu(Change *change, const char *list, bool online, GError **error)
{
    unsigned before = change->live ? (unsigned)change->live->vcpus_online : 0;
    unsigned after;
    bool committed;

    if ((change->live && !switch_vcpus(change->live, list, online, error)) ||
        (change->config && !switch_vcpus(change->config, list, online, error)))
        return false;
    after = change->live ? (unsigned)change->live->vcpus_online : 0;
    committed = placing_commit(change, error);
    if (after)
        audit_vcpus(change->domain, before, after, committed);
    return committed;
}

static int
api_domain_set_vcpu(virDomainPtr handle, const char *text, int state, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *list = NULL;
    g_auto(Operation) operation = { NULL };
    g_auto(Change) change = { NULL };
    Domain *domain;

    if (!report_check_flags(flags, AFFECT_FLAGS))
        return -1;
    domain = operation_begin(&operation, handle, "set vcpus of",
                             ACL_FLAGS(virDomainSetVcpuEnsureACL, flags), &error);
    if (!domain)
        return report(error);
    if (cpulist_canonical(text, &list) != CPULIST_OK) {
        fail(&error, FAILURE_INVALID_ARG,
             "'%.128s' is no list of vcpus: give numbers from 0 on, such as '1' or '2-3'", text);
        return report(error);
    }
    if (!change_begin(&change, domain, flags, &error) ||
        !set_vcpu(&change, list, state != 0, &error))
        return report(error);
    return 0;
}

/* Where a vcpu may run: NULL: everywhere. Borrowed. */
static const char *
pin_of(const Definition *definition, unsigned vcpu)
{
    const CpuPin *pin = processors_pin(definition, vcpu);

    return pin ? pin->cpuset : definition->vcpu_placement_auto ? NULL : definition->cpuset;
}

/* The processor a vcpu is on: known when it may be on no other. */
static int
processor_of(const Definition *definition, unsigned vcpu)
{
    const char *list = pin_of(definition, vcpu);

    if (list && !strpbrk(list, ",-"))
        return (int)g_ascii_strtoull(list, NULL, 10);
    if (!list && definition->vcpus_online == host_processors())
        return (int)vcpu;
    return VIR_VCPU_INFO_CPU_UNAVAILABLE;
}

static int
api_domain_get_vcpus(virDomainPtr handle, virVcpuInfoPtr info, int room, unsigned char *maps,
                     int length)
{
    g_autoptr(GError) error = NULL;
    g_auto(Look) look = { { NULL } };
    g_auto(GuestView) view = { 0 };
    g_autofree uint64_t *times = NULL;
    Figures figures = { 0 };
    const Definition *definition;
    unsigned count;
    unsigned i;

    if (!(definition = look_begin(&look, handle, VIR_DOMAIN_AFFECT_LIVE,
                                  ACL(virDomainGetVcpusEnsureACL), &error)) ||
        !guest_view_begin(&view, look.reading.domain, 0))
        return report(error);
    count = MIN((unsigned)MAX(room, 0), view.vcpus_online);
    for (i = 0; i < count; i++) {
        if (info)
            info[i] = (virVcpuInfo){ i, VIR_VCPU_RUNNING, 0, processor_of(definition, i) };
        if (maps)
            cpumap_from_list(pin_of(definition, i), maps + i * (unsigned)length, length);
    }
    look_unlock(&look);
    if (!view.usage.group || !info)
        return (int)count;
    times = g_new0(uint64_t, view.vcpus_online + 1);
    figures_read(host_figures(), view.usage.files, FIGURES_CPU_TIME, &figures);
    vcpu_times(&view, figure_or(&figures, FIGURE_CPU_TIME, 0), times);
    for (i = 0; i < count; i++)
        info[i].cpuTime = times[i];
    return (int)count;
}

static bool
set_pin(Definition *definition, unsigned vcpu, const char *list, GError **error)
{
    if (!definition)
        return true;
    if (vcpu >= definition->vcpus)
        return fail(error, FAILURE_INVALID_ARG,
                    "domain '%s' has no vcpu %u: it has %" G_GUINT64_FORMAT, definition->name, vcpu,
                    definition->vcpus);
    processors_set_pin(definition, vcpu, list);
    return true;
}

/* Tells what @name of the guest is now. */
static void
announce(Domain *domain, const char *name, const char *list)
{
    virTypedParameterPtr params = NULL;
    int count = 0;
    int size = 0;

    virTypedParamsAddString(&params, &count, &size, name, list);
    event_tunable(domain, params, count);
}

static int
api_domain_pin_vcpu_flags(virDomainPtr handle, unsigned int vcpu, unsigned char *map, int length,
                          unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    g_auto(Change) change = { NULL };
    g_autofree char *list = NULL;
    char name[VIR_TYPED_PARAM_FIELD_LENGTH];
    Domain *domain;

    if (!report_check_flags(flags, AFFECT_FLAGS))
        return -1;
    domain = operation_begin(&operation, handle, "pin vcpus of",
                             ACL_FLAGS(virDomainPinVcpuFlagsEnsureACL, flags), &error);
    if (!domain || !(list = cpumap_to_list(map, length, &error)) ||
        !change_begin(&change, domain, flags, &error) ||
        !set_pin(change.live, vcpu, list, &error) || !set_pin(change.config, vcpu, list, &error) ||
        !placing_commit(&change, &error))
        return report(error);
    g_snprintf(name, sizeof(name), VIR_DOMAIN_TUNABLE_CPU_VCPUPIN, vcpu);
    if (change.group)
        announce(domain, name, list);
    return 0;
}

static int
api_domain_pin_vcpu(virDomainPtr handle, unsigned int vcpu, unsigned char *map, int length)
{
    return api_domain_pin_vcpu_flags(handle, vcpu, map, length, VIR_DOMAIN_AFFECT_LIVE);
}

static int
api_domain_get_vcpu_pin_info(virDomainPtr handle, int room, unsigned char *maps, int length,
                             unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(Look) look = { { NULL } };
    const Definition *definition;
    int count;
    int i;

    if (!report_check_flags(flags, AFFECT_FLAGS))
        return -1;
    if (!(definition =
              look_begin(&look, handle, flags, ACL(virDomainGetVcpuPinInfoEnsureACL), &error)))
        return report(error);
    count = (int)MIN((uint64_t)MAX(room, 0), definition->vcpus);
    for (i = 0; i < count; i++)
        cpumap_from_list(pin_of(definition, (unsigned)i), maps + (gsize)i * (gsize)length, length);
    return count;
}

static void
set_emulator_pin(Definition *definition, const char *list)
{
    if (!definition)
        return;
    g_free(definition->cpu_tuning.emulator_pin);
    definition->cpu_tuning.emulator_pin = g_strdup(list);
}

static int
api_domain_pin_emulator(virDomainPtr handle, unsigned char *map, int length, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    g_auto(Change) change = { NULL };
    g_autofree char *list = NULL;
    Domain *domain;

    if (!report_check_flags(flags, AFFECT_FLAGS))
        return -1;
    domain = operation_begin(&operation, handle, "pin the controller of",
                             ACL_FLAGS(virDomainPinEmulatorEnsureACL, flags), &error);
    if (!domain || !(list = cpumap_to_list(map, length, &error)) ||
        !change_begin(&change, domain, flags, &error))
        return report(error);
    set_emulator_pin(change.live, list);
    set_emulator_pin(change.config, list);
    if (!placing_commit(&change, &error))
        return report(error);
    if (change.group)
        announce(domain, VIR_DOMAIN_TUNABLE_CPU_EMULATORPIN, list);
    return 0;
}

static int
api_domain_get_emulator_pin_info(virDomainPtr handle, unsigned char *map, int length,
                                 unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(Look) look = { { NULL } };
    const Definition *definition;

    if (!report_check_flags(flags, AFFECT_FLAGS))
        return -1;
    if (!(definition =
              look_begin(&look, handle, flags, ACL(virDomainGetEmulatorPinInfoEnsureACL), &error)))
        return report(error);
    cpumap_from_list(definition->cpu_tuning.emulator_pin, map, length);
    return 1;
}

const ApiSlot vcpus_api[] = {
    API(domainSetVcpu, api_domain_set_vcpu),
    API(domainGetVcpusFlags, api_domain_get_vcpus_flags),
    API(domainGetMaxVcpus, api_domain_get_max_vcpus),
    API(domainSetVcpus, api_domain_set_vcpus),
    API(domainSetVcpusFlags, api_domain_set_vcpus_flags),
    API(domainGetVcpus, api_domain_get_vcpus),
    API(domainPinVcpu, api_domain_pin_vcpu),
    API(domainPinVcpuFlags, api_domain_pin_vcpu_flags),
    API(domainGetVcpuPinInfo, api_domain_get_vcpu_pin_info),
    API(domainPinEmulator, api_domain_pin_emulator),
    API(domainGetEmulatorPinInfo, api_domain_get_emulator_pin_info),
    { NULL, NULL },
};
