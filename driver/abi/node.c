/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts and controls of the host (in libvirt: the node) that libvirt already knows how to reach. */
#include "driver/abi/node.h"

#include "driver/abi/error.h"
#include "driver/abi/symbols.h"

#include <stdlib.h>
#include <string.h>

/* Calls a helper of libvirt, or reports that this release has none. */
#define NODE_CALL(helper, ...)                         \
    do {                                               \
        if (private.helper)                            \
            return private.helper(__VA_ARGS__);        \
        abi_report_error(VIR_ERR_NO_SUPPORT, #helper); \
        return -1;                                     \
    } while (0)

int
node_info(virNodeInfoPtr info)
{
    NODE_CALL(virCapabilitiesGetNodeInfo, info);
}

int
node_cpu_stats(int cpu, virNodeCPUStatsPtr params, int *count)
{
    NODE_CALL(virHostCPUGetStats, cpu, params, count, 0);
}

int
node_memory_stats(int cell, virNodeMemoryStatsPtr params, int *count)
{
    NODE_CALL(virHostMemGetStats, cell, params, count, 0);
}

int
node_cells_free_memory(unsigned long long *ret_free, int start_cell, int max_cells)
{
    NODE_CALL(virHostMemGetCellsFree, ret_free, start_cell, max_cells);
}

static int
memory_info(unsigned long long *ret_free)
{
    NODE_CALL(virHostMemGetInfo, NULL, ret_free);
}

unsigned long long
node_free_memory(void)
{
    unsigned long long bytes = 0;

    return memory_info(&bytes) < 0 ? 0 : bytes;
}

int
node_get_memory_parameters(virTypedParameterPtr params, int *count)
{
    NODE_CALL(virHostMemGetParameters, params, count, 0);
}

int
node_set_memory_parameters(virTypedParameterPtr params, int count)
{
    NODE_CALL(virHostMemSetParameters, params, count, 0);
}

int
node_cpu_map(unsigned char **ret_map, unsigned int *ret_online)
{
    NODE_CALL(virHostCPUGetMap, ret_map, ret_online, 0);
}

int
node_suspend(unsigned int target, unsigned long long seconds)
{
    NODE_CALL(virNodeSuspend, target, seconds, 0);
}

char *
node_sysinfo(void)
{
    /* libvirt's growing buffer, of which we only know that all zero is empty; with room to spare */
    void *buffer[16] = { NULL };
    void *sysinfo;
    int formatted;
    char *xml;

    if (!private.virSysinfoRead || !private.virSysinfoFormat || !private.virSysinfoDefFree ||
        !private.virBufferContentAndReset || !(sysinfo = private.virSysinfoRead())) {
        abi_report_error(VIR_ERR_CONFIG_UNSUPPORTED, "this host has no SMBIOS information");
        return NULL;
    }
    formatted = private.virSysinfoFormat(buffer, sysinfo);
    private.virSysinfoDefFree(sysinfo);
    xml = private.virBufferContentAndReset(buffer);
    if (formatted == 0 && xml)
        return xml;
    free(xml);
    if (formatted == 0)
        abi_report_error(VIR_ERR_CONFIG_UNSUPPORTED, "this host has no SMBIOS information");
    return NULL;
}

/* The highest NUMA cell; cells need not be numbered without gaps. */
static int
last_cell(void)
{
    g_autofree char *online = NULL;
    const char *last;

    /* "0", "0-3" or "0-1,4": the last number is the highest */
    if (!g_file_get_contents("/sys/devices/system/node/online", &online, NULL, NULL))
        return 0;
    g_strchomp(online);
    last = online + strlen(online);
    while (last > online && g_ascii_isdigit(last[-1]))
        last--;
    return atoi(last);
}

int
node_free_pages(const NodePages *pages)
{
    NODE_CALL(virHostMemGetFreePages, pages->count, pages->sizes, pages->start_cell,
              pages->cell_count, last_cell(), pages->counts);
}

int
node_alloc_pages(const NodePages *pages, bool add)
{
    NODE_CALL(virHostMemAllocPages, pages->count, pages->sizes, pages->counts, pages->start_cell,
              pages->cell_count, last_cell(), add);
}

bool
node_feature_is_global(int feature, int *ret_supported)
{
    return private.virDriverFeatureIsGlobal &&
           private.virDriverFeatureIsGlobal(feature, ret_supported);
}
