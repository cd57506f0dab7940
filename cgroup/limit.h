/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a group may use: between a container definition, whose units are those of OCI and so of v1,
 * and the files of either version.
 *
 *   member            v1                              v2
 *   memory.limit      memory.limit_in_bytes           memory.max
 *   .reservation      memory.soft_limit_in_bytes      memory.low (-1: 0)
 *   .swap             memory.memsw.limit_in_bytes     memory.swap.max, less memory.limit
 *   cpu.shares        cpu.shares                      cpu.weight; 1024 shares are weight 100
 *   cpu.quota         cpu.cfs_quota_us                cpu.max, first number
 *   cpu.period        cpu.cfs_period_us               cpu.max, second number
 *   cpu.cpus, .mems   cpuset.cpus, cpuset.mems        the same
 *   pids.limit        pids.max                        the same
 *   hugepage_limits   hugetlb.SIZE.limit_in_bytes     hugetlb.SIZE.max
 *   block_io.weight   blkio[.bfq].weight              io[.bfq].weight, "default N"
 *   device weight     blkio[.bfq].weight_device       io[.bfq].weight
 *   device rates      blkio.throttle.*_device         io.max
 *   network.class     net_cls.classid                 not possible
 *   unified           not possible                    the files it names
 *
 * The driver changes a running guest with the same functions the launcher starts it with. All of
 * them take a group with its path in the hierarchies and may be called by any thread.
 */
#pragma once

#include "cgroup/cgroup.h"
#include "controller/wire/container.h"

/* Writes all that is set to a fresh @group that has nothing below it yet. */
bool limit_write(const CgroupLayout *layout, const char *group, const ContainerResources *resources,
                 GError **error);

/* What the kernel has; -1 for what is unlimited or, of the reservation, none. */
bool limit_read_memory(const CgroupLayout *layout, const char *group, ContainerMemory *ret_memory,
                       GError **error);

/*
 * Writes what differs, in the order the kernel accepts. @before is what limit_read_memory() gave,
 * or all -1 for a fresh group. FAILURE_OPERATION_FAILED when the group uses more than it may and
 * not enough can be taken from it: nothing is killed for a new limit.
 */
bool limit_change_memory(const CgroupLayout *layout, const char *group,
                         const ContainerMemory *before, const ContainerMemory *after,
                         GError **error);

/* Shares, quota and period; without bandwidth control in the kernel the period is UNSET. The lists
 * of processors and nodes are left alone. */
bool limit_read_cpu(const CgroupLayout *layout, const char *group, ContainerCpu *ret_cpu,
                    GError **error);

/* Writes what is set of shares, quota and period: UNSET, UNSET and 0 are left alone. A period alone
 * means no quota. */
bool limit_write_cpu(const CgroupLayout *layout, const char *group, const ContainerCpu *cpu,
                     GError **error);

/* The nodes the group may have memory of, "0-1", as configured or inherited. Free with g_free(). */
char *limit_read_nodes(const CgroupLayout *layout, const char *group, GError **error);

/* Restricts the group and all below it to @nodes; memory they have elsewhere is moved. */
bool limit_write_nodes(const CgroupLayout *layout, const char *group, const char *nodes,
                       GError **error);

/* The same for processors. Restricting to NULL means to those that the group above has. */
char *limit_read_processors(const CgroupLayout *layout, const char *group, GError **error);
bool limit_write_processors(const CgroupLayout *layout, const char *group, const char *processors,
                            GError **error);

/* Weight and devices, which have the paths of their nodes; UNSET where the kernel has no value. */
ContainerBlockIo *limit_read_block(const CgroupLayout *layout, const char *group, GError **error);

/* Writes what is set. 0 takes a limit away, and a weight of a device. */
bool limit_write_block(const CgroupLayout *layout, const char *group,
                       const ContainerBlockIo *block_io, GError **error);

/* What is set of one device, whose path is not looked at: its @number is "7:3". Without control of
 * block devices only rates of 0 can be written. */
bool limit_write_block_device(const CgroupLayout *layout, const char *group, const char *number,
                              const ContainerBlockDevice *device, GError **error);

/* What the kernel has of one device: numbers, UNSET where it has none. */
bool limit_read_block_device(const CgroupLayout *layout, const char *group, const char *number,
                             ContainerBlockDevice *ret_device, GError **error);

/* "8:0" of the whole disk that the device with these numbers is, or is part of. */
char *limit_disk_number(unsigned major_number, unsigned minor_number);

/* "8:0" of the disk whose node, or one of whose partitions' nodes, is @path, or that the file or
 * directory @path is on; NULL with error when it is on none. Free with g_free(). */
char *limit_device_number(const char *path, GError **error);

void limit_block_free(ContainerBlockIo *block_io);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ContainerBlockIo, limit_block_free)
