/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Control groups of the host, whatever their layout: pure v2, v1 hierarchies, or hybrid. One group name
 * ("/machine/lxc-41-x.libvirt-lxc") stands for the same directory below the root of every hierarchy.
 * A vtable per version (v1.c, v2.c) hides the difference. Used by the launcher (create, limit, attach)
 * and by the driver (statistics, kill, remove).
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef enum {
    CGROUP_MEMORY,
    CGROUP_CPU,
    CGROUP_CPUACCT,
    CGROUP_CPUSET,
    CGROUP_DEVICES,
    CGROUP_FREEZER,
    CGROUP_PIDS,
    CGROUP_BLKIO,
    CGROUP_CONTROLLER_LAST
} CgroupController;

typedef struct CgroupLayout CgroupLayout;

/* The groups below the one of a guest; see architecture section 5. */
#define CGROUP_SUPERVISOR "supervisor"
#define CGROUP_LIMITS     "libvirt"
#define CGROUP_GUEST      "libvirt/guest"

/*
 * Finds the hierarchies in /proc/self/mountinfo. Never changes anything. Fails with FAILURE_INTERNAL
 * when memory, cpu, devices or freezer are nowhere to be had, naming the missing controller.
 */
CgroupLayout *cgroup_layout_new(GError **error);
void cgroup_layout_free(CgroupLayout *layout);

/* "cgroup v2", "cgroup v1" or "hybrid", for logs. */
const char *cgroup_layout_name(const CgroupLayout *layout);

/* True when the controller can limit groups on this host. */
bool cgroup_has(const CgroupLayout *layout, CgroupController controller);

/* Creates "@parent/@name" (parents of machine partitions are made only for /machine itself, as libvirt
 * does) in every hierarchy; what was made before a failure is removed again. */
bool cgroup_create(const CgroupLayout *layout, const char *group, GError **error);

/* Moves @pid into @group in every hierarchy, back to back (one grace period on v1). */
bool cgroup_attach(const CgroupLayout *layout, const char *group, pid_t pid, GError **error);

/* Writes @value to @file ("memory.max", "cpu.shares": the name of this controller's version). */
bool cgroup_write(const CgroupLayout *layout, CgroupController controller, const char *group,
                  const char *file, const char *value, GError **error);

/* Whole content of @file; NULL with error when it cannot be read. */
char *cgroup_read(const CgroupLayout *layout, CgroupController controller, const char *group,
                  const char *file, GError **error);

/* 1 for a v1 hierarchy, 2 for v2, 0 when the controller is not there. */
int cgroup_version(const CgroupLayout *layout, CgroupController controller);

/* An O_PATH descriptor of the group's directory in the hierarchy of @controller, -1 with error. */
int cgroup_open(const CgroupLayout *layout, CgroupController controller, const char *group,
                GError **error);

/*
 * SIGKILL to every task of @group and below, suspended ones included (they are thawed so that they die);
 * repeats until none is left or @deadline (g_get_monotonic_time()). A missing group is success.
 * FAILURE_OPERATION_FAILED "Some processes refused to die" at the deadline.
 */
bool cgroup_kill(const CgroupLayout *layout, const char *group, gint64 deadline, GError **error);

/* Removes @group and everything below it from every hierarchy; waits for dying tasks until @deadline.
 * A missing group is success. */
bool cgroup_remove(const CgroupLayout *layout, const char *group, gint64 deadline, GError **error);

/*
 * The group libvirt uses for a guest without systemd: "/machine/lxc-41-heron.libvirt-lxc" for partition
 * "/machine", pid 41 and name "heron", with the escapes libvirt uses. Free with g_free().
 */
char *cgroup_guest_name(const char *partition, pid_t pid, const char *name);

/* machined's name of a guest, "lxc-41-heron"; at most 64 characters. Free with g_free(). */
char *cgroup_machine_name(pid_t pid, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgroupLayout, cgroup_layout_free)
