/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts and controls of the host (in libvirt: the node) that libvirt already knows how to reach. */
#pragma once

#include <libvirt/libvirt.h>
#include <stdbool.h>

/*
 * Each is the body of the slot it is named after, without access check and without the check of
 * @flags, which newer libvirt no longer makes: results and units are the slot's, and a failure has
 * been reported by libvirt.
 */
int node_info(virNodeInfoPtr info);
int node_cpu_stats(int cpu, virNodeCPUStatsPtr params, int *count);
int node_memory_stats(int cell, virNodeMemoryStatsPtr params, int *count);
int node_cells_free_memory(unsigned long long *ret_free, int start_cell, int max_cells);
unsigned long long node_free_memory(void); /* bytes; 0: failed */
int node_get_memory_parameters(virTypedParameterPtr params, int *count);
int node_set_memory_parameters(virTypedParameterPtr params, int count);
int node_cpu_map(unsigned char **ret_map, unsigned int *ret_online);
int node_suspend(unsigned int target, unsigned long long seconds);
char *node_sysinfo(void); /* XML, free(); NULL: CONFIG_UNSUPPORTED reported */

/* Pages of each of @count sizes (KiB) in the cells from @start_cell on. */
typedef struct {
    unsigned int count;
    unsigned int *sizes;
    unsigned long long *counts;
    int start_cell;
    unsigned int cell_count;
} NodePages;

int node_free_pages(const NodePages *pages);
int node_alloc_pages(const NodePages *pages, bool add);

/* True when libvirt answers for every driver whether it has @feature; then *@ret_supported is set.
 */
bool node_feature_is_global(int feature, int *ret_supported);
