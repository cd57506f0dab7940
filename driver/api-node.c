/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls about the host. Most are libvirt's own code behind our access check. */
#include <string.h>

#include "controller/wire/failure.h"
#include "driver/abi/access.h"
#include "driver/abi/node.h"
#include "driver/api.h"
#include "driver/report.h"
#include "driver/security-model.h"

/* libvirt's libraries set this bit in calls with typed parameters */
#define STRINGS_OKAY VIR_TYPED_PARAM_STRING_OKAY

static int
api_node_get_info(virConnectPtr conn, virNodeInfoPtr info)
{
    g_autoptr(GError) error = NULL;

    if (!access_check_connect(conn, ACL(virNodeGetInfoEnsureACL), &error))
        return report(error);
    return node_info(info);
}

static int
api_node_get_cpu_stats(virConnectPtr conn, int cpu, virNodeCPUStatsPtr params, int *count,
                       unsigned int flags)
{
    g_autoptr(GError) error = NULL;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!access_check_connect(conn, ACL(virNodeGetCPUStatsEnsureACL), &error))
        return report(error);
    return node_cpu_stats(cpu, params, count);
}

static int
api_node_get_memory_stats(virConnectPtr conn, int cell, virNodeMemoryStatsPtr params, int *count,
                          unsigned int flags)
{
    g_autoptr(GError) error = NULL;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!access_check_connect(conn, ACL(virNodeGetMemoryStatsEnsureACL), &error))
        return report(error);
    return node_memory_stats(cell, params, count);
}

static int
api_node_get_cells_free_memory(virConnectPtr conn, unsigned long long *free_memory, int start_cell,
                               int max_cells)
{
    g_autoptr(GError) error = NULL;

    if (!access_check_connect(conn, ACL(virNodeGetCellsFreeMemoryEnsureACL), &error))
        return report(error);
    return node_cells_free_memory(free_memory, start_cell, max_cells);
}

static unsigned long long
api_node_get_free_memory(virConnectPtr conn)
{
    g_autoptr(GError) error = NULL;

    if (!access_check_connect(conn, ACL(virNodeGetFreeMemoryEnsureACL), &error)) {
        report(error);
        return 0;
    }
    return node_free_memory();
}

static int
api_node_get_free_pages(virConnectPtr conn, unsigned int npages, unsigned int *sizes,
                        int start_cell, unsigned int cell_count, unsigned long long *counts,
                        unsigned int flags)
{
    NodePages pages = { npages, sizes, counts, start_cell, cell_count };
    g_autoptr(GError) error = NULL;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!access_check_connect(conn, ACL(virNodeGetFreePagesEnsureACL), &error))
        return report(error);
    return node_free_pages(&pages);
}

static int
api_node_alloc_pages(virConnectPtr conn, unsigned int npages, unsigned int *sizes,
                     unsigned long long *counts, int start_cell, unsigned int cell_count,
                     unsigned int flags)
{
    NodePages pages = { npages, sizes, counts, start_cell, cell_count };
    g_autoptr(GError) error = NULL;

    if (!report_check_flags(flags, VIR_NODE_ALLOC_PAGES_SET))
        return -1;
    if (!access_check_connect(conn, ACL(virNodeAllocPagesEnsureACL), &error))
        return report(error);
    return node_alloc_pages(&pages, !(flags & VIR_NODE_ALLOC_PAGES_SET));
}

static int
api_node_get_memory_parameters(virConnectPtr conn, virTypedParameterPtr params, int *count,
                               unsigned int flags)
{
    g_autoptr(GError) error = NULL;

    if (!report_check_flags(flags, STRINGS_OKAY))
        return -1;
    if (!access_check_connect(conn, ACL(virNodeGetMemoryParametersEnsureACL), &error))
        return report(error);
    return node_get_memory_parameters(params, count);
}

static int
api_node_set_memory_parameters(virConnectPtr conn, virTypedParameterPtr params, int count,
                               unsigned int flags)
{
    g_autoptr(GError) error = NULL;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!access_check_connect(conn, ACL(virNodeSetMemoryParametersEnsureACL), &error))
        return report(error);
    return node_set_memory_parameters(params, count);
}

static int
api_node_get_cpu_map(virConnectPtr conn, unsigned char **map, unsigned int *online,
                     unsigned int flags)
{
    g_autoptr(GError) error = NULL;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!access_check_connect(conn, ACL(virNodeGetCPUMapEnsureACL), &error))
        return report(error);
    return node_cpu_map(map, online);
}

static int
api_node_suspend_for_duration(virConnectPtr conn, unsigned int target, unsigned long long duration,
                              unsigned int flags)
{
    g_autoptr(GError) error = NULL;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!access_check_connect(conn, ACL(virNodeSuspendForDurationEnsureACL), &error))
        return report(error);
    return node_suspend(target, duration);
}

/* Named even though there is none: clients refuse to enter a container under a model without a
 * name. */
static int
api_node_get_security_model(virConnectPtr conn, virSecurityModelPtr model)
{
    g_autoptr(GError) error = NULL;

    memset(model, 0, sizeof(*model));
    if (!access_check_connect(conn, ACL(virNodeGetSecurityModelEnsureACL), &error))
        return report(error);
    g_strlcpy(model->model, security_model(), sizeof(model->model));
    g_strlcpy(model->doi, security_doi(), sizeof(model->doi));
    return 0;
}

const ApiSlot node_api[] = {
    API(nodeGetInfo, api_node_get_info),
    API(nodeGetCPUStats, api_node_get_cpu_stats),
    API(nodeGetMemoryStats, api_node_get_memory_stats),
    API(nodeGetCellsFreeMemory, api_node_get_cells_free_memory),
    API(nodeGetFreeMemory, api_node_get_free_memory),
    API(nodeGetFreePages, api_node_get_free_pages),
    API(nodeAllocPages, api_node_alloc_pages),
    API(nodeGetMemoryParameters, api_node_get_memory_parameters),
    API(nodeSetMemoryParameters, api_node_set_memory_parameters),
    API(nodeGetCPUMap, api_node_get_cpu_map),
    API(nodeSuspendForDuration, api_node_suspend_for_duration),
    API(nodeGetSecurityModel, api_node_get_security_model),
    { NULL, NULL },
};
