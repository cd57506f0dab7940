/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that ask for a domain's state. */
#include <string.h>

#include "controller/wire/failure.h"
#include "driver/affect.h"
#include "driver/api.h"
#include "driver/host.h"
#include "driver/operation.h"
#include "driver/report.h"
#include "driver/usage.h"

static int
api_domain_get_state(virDomainPtr handle, int *state, int *reason, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(Reading) reading = { NULL };
    Domain *domain;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!(domain = domain_read(&reading, handle, ACL(virDomainGetStateEnsureACL), &error)))
        return report(error);
    *state = domain->state;
    if (reason)
        *reason = domain->reason;
    return 0;
}

/* What is known without asking the kernel. */
static bool
read_info(virDomainPtr handle, virDomainInfoPtr info, Usage *usage, GError **error)
{
    g_auto(Reading) reading = { NULL };
    const Definition *definition;
    Domain *domain;

    if (!(domain = domain_read(&reading, handle, ACL(virDomainGetInfoEnsureACL), error)) ||
        !(definition = affect_current(domain, error)))
        return false;
    info->state = domain->state;
    info->maxMem = definition->memory;
    info->memory = definition->current_memory;
    info->nrVirtCpu = MIN(definition->vcpus_online, G_MAXUSHORT);
    info->cpuTime = 0;
    usage_begin(usage, domain);
    return true;
}

static int
api_domain_get_info(virDomainPtr handle, virDomainInfoPtr info)
{
    g_autoptr(GError) error = NULL;
    g_auto(Usage) usage = { 0 };
    Figures figures = { 0 };

    memset(info, 0, sizeof(*info));
    if (!read_info(handle, info, &usage, &error))
        return report(error);
    if (!usage.group)
        return 0;
    figures_read(host_figures(), usage.files, FIGURES_MEMORY | FIGURES_CPU_TIME, &figures);
    if (!figure_known(&figures, FIGURE_MEMORY) || !figure_known(&figures, FIGURE_CPU_TIME)) {
        /* it ended between the two looks: then it uses nothing */
        if (usage_has_ended(&usage))
            return 0;
        fail(&error, FAILURE_OPERATION_FAILED, "the control group '%s' of domain '%s' shows no %s",
             usage.group, usage.domain->name,
             figure_known(&figures, FIGURE_MEMORY) ? "processor time" : "memory usage");
        return report(error);
    }
    if (!host_settings()->info_memory_is_balloon)
        info->memory = figures.values[FIGURE_MEMORY] / 1024;
    info->cpuTime = figures.values[FIGURE_CPU_TIME];
    return 0;
}

static char *
api_domain_get_os_type(virDomainPtr handle)
{
    g_autoptr(GError) error = NULL;
    g_auto(Reading) reading = { NULL };

    if (!domain_read(&reading, handle, ACL(virDomainGetOSTypeEnsureACL), &error))
        return report_null(error);
    return g_strdup("exe");
}

static int
api_domain_is_active(virDomainPtr handle)
{
    g_autoptr(GError) error = NULL;
    g_auto(Reading) reading = { NULL };
    Domain *domain;

    if (!(domain = domain_read(&reading, handle, ACL(virDomainIsActiveEnsureACL), &error)))
        return report(error);
    return domain_is_active(domain);
}

static unsigned long long
api_domain_get_max_memory(virDomainPtr handle)
{
    g_autoptr(GError) error = NULL;
    g_auto(Reading) reading = { NULL };
    const Definition *definition;
    Domain *domain;

    if (!(domain = domain_read(&reading, handle, ACL(virDomainGetMaxMemoryEnsureACL), &error)) ||
        !(definition = affect_current(domain, &error))) {
        report(error);
        return 0;
    }
    return definition->memory;
}

static int
api_domain_has_managed_save_image(virDomainPtr handle, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(Reading) reading = { NULL };

    if (!report_check_flags(flags, 0))
        return -1;
    if (!domain_read(&reading, handle, ACL(virDomainHasManagedSaveImageEnsureACL), &error))
        return report(error);
    return 0;
}

static int
api_domain_get_control_info(virDomainPtr handle, virDomainControlInfoPtr info, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(Reading) reading = { NULL };
    Domain *domain;

    memset(info, 0, sizeof(*info));
    if (!report_check_flags(flags, 0))
        return -1;
    if (!(domain = domain_read(&reading, handle, ACL(virDomainGetControlInfoEnsureACL), &error)) ||
        !domain_expect(domain, DOMAIN_ACTIVE, &error))
        return report(error);
    info->state = domain->busy ? VIR_DOMAIN_CONTROL_OCCUPIED : VIR_DOMAIN_CONTROL_OK;
    return 0;
}

const ApiSlot query_api[] = {
    API(domainGetState, api_domain_get_state),
    API(domainGetInfo, api_domain_get_info),
    API(domainGetOSType, api_domain_get_os_type),
    API(domainIsActive, api_domain_is_active),
    API(domainGetMaxMemory, api_domain_get_max_memory),
    API(domainHasManagedSaveImage, api_domain_has_managed_save_image),
    API(domainGetControlInfo, api_domain_get_control_info),
    { NULL, NULL },
};
