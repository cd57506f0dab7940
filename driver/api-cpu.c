/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls on models of processors, and on what containers can have. */
#include "controller/wire/failure.h"
#include "driver/abi/access.h"
#include "driver/api.h"
#include "driver/capabilities.h"
#include "driver/cpu-model.h"
#include "driver/host.h"
#include "driver/report.h"

#define COMPARE_FLAGS \
    ((unsigned)VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE | COMPARE_CPU_VALIDATE_XML)
#define BASELINE_FLAGS                                                                \
    (VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES | VIR_CONNECT_BASELINE_CPU_MIGRATABLE | \
     BASELINE_IGNORE_HOST)
/* all that libvirt has had so far, of which none changes what is said of containers */
#define CAPABILITIES_FLAGS 0x7u

/* constants of libvirt 6.9, 11.0 and later */
#define COMPARE_CPU_VALIDATE_XML (1u << 1)
#define BASELINE_IGNORE_HOST     (1 << 2)

static int
compare(const char *xml, unsigned flags)
{
    g_autoptr(GError) error = NULL;
    virCPUCompareResult result = cpu_compare(xml, host_arch(), &error);

    if (result == VIR_CPU_COMPARE_INCOMPATIBLE &&
        flags & (unsigned)VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE)
        fail(&error, FAILURE_CPU_INCOMPATIBLE,
             "the host's processor lacks what the description asks for");
    return error ? report(error) : (int)result;
}

static int
api_connect_compare_cpu(virConnectPtr conn, const char *xml, unsigned int flags)
{
    g_autoptr(GError) error = NULL;

    if (!report_check_flags(flags, COMPARE_FLAGS))
        return VIR_CPU_COMPARE_ERROR;
    if (!access_check_connect(conn, ACL(virConnectCompareCPUEnsureACL), &error))
        return report(error);
    return compare(xml, flags);
}

/* What a caller says of the hypervisor it means; NULL is what there is. */
static bool
check_hypervisor(const char *arch, const char *type, GError **error)
{
    const char *sibling = capabilities_sibling(host_arch());

    if (type && g_ascii_strcasecmp(type, "lxc") != 0)
        return fail(error, FAILURE_INVALID_ARG,
                    "unknown domain type '%s': containers are of type 'lxc'", type);
    if (arch && !g_str_equal(arch, host_arch()) && g_strcmp0(arch, sibling) != 0)
        return fail(error, FAILURE_INVALID_ARG,
                    "containers of architecture '%s' cannot run here: the host is %s", arch,
                    host_arch());
    return true;
}

static int
api_connect_compare_hypervisor_cpu(virConnectPtr conn, const char *emulator, const char *arch,
                                   const char *machine, const char *type, const char *xml,
                                   unsigned int flags)
{
    g_autoptr(GError) error = NULL;

    if (!report_check_flags(flags, COMPARE_FLAGS))
        return VIR_CPU_COMPARE_ERROR;
    if (!access_check_connect(conn, ACL(virConnectCompareHypervisorCPUEnsureACL), &error) ||
        !check_hypervisor(arch, type, &error))
        return report(error);
    return compare(xml, flags);
}

static char *
api_connect_baseline_cpu(virConnectPtr conn, const char **documents, unsigned int count,
                         unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    char *xml;

    if (!report_check_flags(flags, BASELINE_FLAGS))
        return NULL;
    if (!access_check_connect(conn, ACL(virConnectBaselineCPUEnsureACL), &error) ||
        !(xml = cpu_baseline(documents, count, flags & VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES,
                             host_arch(), &error)))
        return report_null(error);
    return xml;
}

static char *
api_connect_baseline_hypervisor_cpu(virConnectPtr conn, const char *emulator, const char *arch,
                                    const char *machine, const char *type, const char **documents,
                                    unsigned int count, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    char *xml;

    if (!report_check_flags(flags, BASELINE_FLAGS))
        return NULL;
    if (!access_check_connect(conn, ACL(virConnectBaselineHypervisorCPUEnsureACL), &error) ||
        !check_hypervisor(arch, type, &error) ||
        !(xml = cpu_baseline(documents, count, flags & VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES,
                             host_arch(), &error)))
        return report_null(error);
    return xml;
}

static int
api_connect_get_cpu_model_names(virConnectPtr conn, const char *arch, char ***names,
                                unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CpuMap) map = NULL;
    guint i;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!access_check_connect(conn, ACL(virConnectGetCPUModelNamesEnsureACL), &error) ||
        !(map = cpu_map_read(arch, &error)))
        return report(error);
    if (!names)
        return (int)map->models->len;
    *names = g_new0(char *, map->models->len + 1);
    for (i = 0; i < map->models->len; i++)
        (*names)[i] = g_strdup(((const CpuModel *)map->models->pdata[i])->name);
    return (int)map->models->len;
}

static char *
api_connect_get_domain_capabilities(virConnectPtr conn, const char *emulator, const char *arch,
                                    const char *machine, const char *type, unsigned int flags)
{
    g_autoptr(GError) error = NULL;

    if (!report_check_flags(flags, CAPABILITIES_FLAGS))
        return NULL;
    if (!access_check_connect(conn, ACL(virConnectGetDomainCapabilitiesEnsureACL), &error) ||
        !check_hypervisor(arch, type, &error))
        return report_null(error);
    return capabilities_format_domain(emulator ? emulator : host_defaults()->emulator,
                                      arch ? arch : host_arch(), host_processors());
}

const ApiSlot cpu_api[] = {
    API(connectCompareCPU, api_connect_compare_cpu),
    API(connectCompareHypervisorCPU, api_connect_compare_hypervisor_cpu),
    API(connectBaselineCPU, api_connect_baseline_cpu),
    API(connectBaselineHypervisorCPU, api_connect_baseline_hypervisor_cpu),
    API(connectGetCPUModelNames, api_connect_get_cpu_model_names),
    API(connectGetDomainCapabilities, api_connect_get_domain_capabilities),
    { NULL, NULL },
};
