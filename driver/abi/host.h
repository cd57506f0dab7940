/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts and controls of the host that libvirt already knows how to reach. */
#pragma once

#include <libvirt/libvirt.h>
#include <stdbool.h>

/*
 * Each is the body of the slot it is named after, without access check and without the check of
 * @flags, which newer libvirt no longer makes: results and units are the slot's, and a failure has
 * been reported by libvirt.
 */
int host_node_info(virNodeInfoPtr info);
int host_cpu_stats(int cpu, virNodeCPUStatsPtr params, int *count);
int host_memory_stats(int cell, virNodeMemoryStatsPtr params, int *count);
int host_cells_free_memory(unsigned long long *ret_free, int start_cell, int max_cells);
unsigned long long host_free_memory(void); /* bytes; 0: failed */
int host_get_memory_parameters(virTypedParameterPtr params, int *count);
int host_set_memory_parameters(virTypedParameterPtr params, int count);
int host_cpu_map(unsigned char **ret_map, unsigned int *ret_online);
int host_suspend(unsigned int target, unsigned long long seconds);
char *host_sysinfo(void); /* XML, free(); NULL: CONFIG_UNSUPPORTED reported */

/* Pages of each of @count sizes (KiB) in the cells from @start_cell on. */
typedef struct {
    unsigned int count;
    unsigned int *sizes;
    unsigned long long *counts;
    int start_cell;
    unsigned int cell_count;
} HostPages;

int host_free_pages(const HostPages *pages);
int host_alloc_pages(const HostPages *pages, bool add);

/* True when libvirt answers for every driver whether it has @feature; then *@ret_supported is set.
 */
bool host_feature_is_global(int feature, int *ret_supported);
