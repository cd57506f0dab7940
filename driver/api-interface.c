/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parameters of network interfaces: the bandwidth both ways. */
#include <string.h>

#include "controller/wire/failure.h"
#include "driver/api.h"
#include "driver/change.h"
#include "driver/live.h"
#include "driver/operation.h"
#include "driver/parameters.h"
#include "driver/report.h"

static const ParameterRow rows[] = {
    { VIR_DOMAIN_BANDWIDTH_IN_AVERAGE, VIR_TYPED_PARAM_UINT },
    { VIR_DOMAIN_BANDWIDTH_IN_PEAK, VIR_TYPED_PARAM_UINT },
    { VIR_DOMAIN_BANDWIDTH_IN_BURST, VIR_TYPED_PARAM_UINT },
    { VIR_DOMAIN_BANDWIDTH_IN_FLOOR, VIR_TYPED_PARAM_UINT },
    { VIR_DOMAIN_BANDWIDTH_OUT_AVERAGE, VIR_TYPED_PARAM_UINT },
    { VIR_DOMAIN_BANDWIDTH_OUT_PEAK, VIR_TYPED_PARAM_UINT },
    { VIR_DOMAIN_BANDWIDTH_OUT_BURST, VIR_TYPED_PARAM_UINT },
    { NULL },
};

#define INBOUND(member)  offsetof(Bandwidth, inbound.member)
#define OUTBOUND(member) offsetof(Bandwidth, outbound.member)

/* Of the rows, in the same order. */
static const size_t members[] = {
    INBOUND(average),  INBOUND(peak),  INBOUND(burst),  INBOUND(floor),
    OUTBOUND(average), OUTBOUND(peak), OUTBOUND(burst),
};
G_STATIC_ASSERT(G_N_ELEMENTS(rows) == G_N_ELEMENTS(members) + 1);

/* By the name of the host's end or by the address. */
static const Interface *
find_interface(const Definition *definition, const char *device, GError **error)
{
    guint i;

    for (i = 0; i < definition->interfaces->len; i++) {
        const Interface *interface = definition->interfaces->pdata[i];

        if (g_strcmp0(interface->target, device) == 0 ||
            g_ascii_strcasecmp(interface->mac, device) == 0)
            return interface;
    }
    fail(error, FAILURE_INVALID_ARG, "domain '%s' has no interface '%s'", definition->name, device);
    return NULL;
}

static int
api_domain_get_interface_parameters(virDomainPtr handle, const char *device,
                                    virTypedParameterPtr params, int *nparams, unsigned int flags)
{
    ParameterRoom room = parameters_begin(params, nparams);
    g_autoptr(GError) error = NULL;
    g_auto(Reading) reading = { NULL };
    const Definition *definition;
    const Interface *interface;
    Domain *domain;
    size_t i;

    flags &= ~(unsigned int)VIR_TYPED_PARAM_STRING_OKAY;
    if (!report_check_flags(flags, AFFECT_FLAGS))
        return -1;
    domain = domain_read(&reading, handle, ACL(virDomainGetInterfaceParametersEnsureACL), &error);
    if (!domain || !(definition = affect_read(domain, flags, &error)) ||
        !(interface = find_interface(definition, device, &error)))
        return report(error);
    for (i = 0; rows[i].name; i++)
        parameters_put_number(&room, &rows[i],
                              G_STRUCT_MEMBER(uint64_t, &interface->bandwidth, members[i]));
    parameters_end(&room, nparams);
    return 0;
}

/* A direction of which anything is said is said anew. */
static void
set_bandwidth(Bandwidth *bandwidth, Parameters given)
{
    const Bandwidth before = *bandwidth;
    bool inbound = false;
    bool outbound = false;
    size_t i;

    memset(bandwidth, 0, sizeof(*bandwidth));
    bandwidth->class_id = before.class_id;
    for (i = 0; rows[i].name; i++) {
        const virTypedParameter *parameter = parameters_find(given, rows[i].name);

        if (!parameter)
            continue;
        *(g_str_has_prefix(rows[i].name, "inbound") ? &inbound : &outbound) = true;
        G_STRUCT_MEMBER(uint64_t, bandwidth, members[i]) = parameter_number(parameter);
    }
    if (!inbound)
        bandwidth->inbound = before.inbound;
    if (!outbound)
        bandwidth->outbound = before.outbound;
    /* without an average there is no limit */
    if (!bandwidth->inbound.average)
        bandwidth->inbound.peak = bandwidth->inbound.burst = 0;
    if (!bandwidth->outbound.average)
        bandwidth->outbound.peak = bandwidth->outbound.burst = 0;
}

/* Configuration does not know the names that running guests have on the host. */
static char *
find_address(Domain *domain, const char *device)
{
    const Interface *interface = domain->guest ? find_interface(domain->live, device, NULL) : NULL;

    return g_strdup(interface ? interface->mac : device);
}

static bool
set_config(Change *change, const char *name, Parameters given, GError **error)
{
    const Interface *interface = find_interface(change->config, name, error);
    g_autoptr(Device) device = interface ? device_of_interface(interface) : NULL;

    if (!device)
        return false;
    set_bandwidth(&((Interface *)device_contents(device))->bandwidth, given);
    return device_update(change->config, device, error);
}

static bool
set_live(Change *change, const char *name, Parameters given, GError **error)
{
    const Interface *interface = find_interface(change->live, name, error);
    g_autoptr(Device) before = interface ? device_of_interface(interface) : NULL;
    g_autoptr(Device) device = before ? device_copy(before) : NULL;
    LiveChange live = { change->domain, change->live, change->group, device, before };

    if (!device)
        return false;
    set_bandwidth(&((Interface *)device_contents(device))->bandwidth, given);
    if (!live_update(&live, error))
        return false;
    if (change_commit(change, error))
        return true;
    live_undo_update(&live);
    return false;
}

static int
api_domain_set_interface_parameters(virDomainPtr handle, const char *device,
                                    virTypedParameterPtr params, int nparams, unsigned int flags)
{
    Parameters given = { params, nparams };
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    g_auto(Change) change = { NULL };
    g_autofree char *address = NULL;
    Domain *domain;

    if (!report_check_flags(flags, AFFECT_FLAGS))
        return -1;
    domain = operation_begin(&operation, handle, "set bandwidth of",
                             ACL_FLAGS(virDomainSetInterfaceParametersEnsureACL, flags), &error);
    if (!domain || !parameters_check(given, rows, "interface", &error) ||
        !change_begin(&change, domain, flags, &error))
        return report(error);
    address = find_address(domain, device);
    if ((change.config && !set_config(&change, address, given, &error)) ||
        !(change.live ? set_live(&change, address, given, &error) : change_commit(&change, &error)))
        return report(error);
    return 0;
}

const ApiSlot interface_api[] = {
    API(domainGetInterfaceParameters, api_domain_get_interface_parameters),
    API(domainSetInterfaceParameters, api_domain_set_interface_parameters),
    { NULL, NULL },
};
