/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the resources of the definition, which are in v1 units as in OCI, to the files of either
 * version. */
#include "controller/launcher/groups.h"
#include "controller/wire/failure.h"

/* One number and the files it goes to; v2 may want it converted. */
typedef struct {
    CgroupController controller;
    const char *v1;
    const char *v2;
} LimitFile;

static const LimitFile memory_limit = { CGROUP_MEMORY, "memory.limit_in_bytes", "memory.max" };
static const LimitFile memory_reservation = { CGROUP_MEMORY, "memory.soft_limit_in_bytes",
                                              "memory.low" };
static const LimitFile memory_swap = { CGROUP_MEMORY, "memory.memsw.limit_in_bytes",
                                       "memory.swap.max" };
static const LimitFile cpu_shares = { CGROUP_CPU, "cpu.shares", "cpu.weight" };
static const LimitFile pids_limit = { CGROUP_PIDS, "pids.max", "pids.max" };
static const LimitFile cpuset_cpus = { CGROUP_CPUSET, "cpuset.cpus", "cpuset.cpus" };
static const LimitFile cpuset_mems = { CGROUP_CPUSET, "cpuset.mems", "cpuset.mems" };

typedef struct {
    const CgroupLayout *layout;
    const char *group;
} LimitTarget;

static bool
write_file(const LimitTarget *target, CgroupController controller, const char *file,
           const char *value, GError **error)
{
    g_autofree char *path = g_strconcat(target->group, "/", file, NULL);

    return cgroup_write(target->layout, controller, path, value, error);
}

static bool
write_text(const LimitTarget *target, const LimitFile *file, const char *value, GError **error)
{
    const char *name = cgroup_version(target->layout, file->controller) == 2 ? file->v2 : file->v1;

    return write_file(target, file->controller, name, value, error);
}

static bool
write_number(const LimitTarget *target, const LimitFile *file, int64_t value, GError **error)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, value);

    return write_text(target, file, text, error);
}

static bool
write_memory(const LimitTarget *target, const ContainerMemory *memory, GError **error)
{
    bool v2 = cgroup_version(target->layout, CGROUP_MEMORY) == 2;
    int64_t swap = memory->swap;

    if (memory->limit >= 0 && !write_number(target, &memory_limit, memory->limit, error))
        return false;
    if (memory->reservation >= 0 &&
        !write_number(target, &memory_reservation, memory->reservation, error))
        return false;
    if (swap < 0)
        return true;
    /* the number is memory plus swap; v2 counts swap alone */
    if (v2 && memory->limit < 0)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "a limit of memory plus swap needs a limit of memory");
    if (v2)
        swap = MAX(swap - memory->limit, 0);
    return write_number(target, &memory_swap, swap, error);
}

static bool
write_shares(const LimitTarget *target, uint64_t shares, GError **error)
{
    /* the default, 1024 shares, is the default weight 100 */
    if (cgroup_version(target->layout, CGROUP_CPU) == 2)
        shares = CLAMP(shares * 100 / 1024, 1, 10000);
    return write_number(target, &cpu_shares, shares, error);
}

static bool
write_bandwidth(const LimitTarget *target, const ContainerCpu *cpu, GError **error)
{
    uint64_t period = cpu->period == CONTAINER_UNSET ? 100000 : cpu->period;
    g_autofree char *quota = NULL;
    g_autofree char *both = NULL;

    if (cpu->quota == 0 && cpu->period == CONTAINER_UNSET)
        return true;
    quota = cpu->quota > 0 ? g_strdup_printf("%" G_GINT64_FORMAT, cpu->quota) : NULL;
    if (cgroup_version(target->layout, CGROUP_CPU) == 2) {
        both = g_strdup_printf("%s %" G_GUINT64_FORMAT, quota ? quota : "max", period);
        return write_file(target, CGROUP_CPU, "cpu.max", both, error);
    }
    both = g_strdup_printf("%" G_GUINT64_FORMAT, period);
    return write_file(target, CGROUP_CPU, "cpu.cfs_period_us", both, error) &&
           write_file(target, CGROUP_CPU, "cpu.cfs_quota_us", quota ? quota : "-1", error);
}

static bool
write_cpu(const LimitTarget *target, const ContainerCpu *cpu, GError **error)
{
    if (cpu->shares != CONTAINER_UNSET && !write_shares(target, cpu->shares, error))
        return false;
    if (cpu->cpus && !write_text(target, &cpuset_cpus, cpu->cpus, error))
        return false;
    if (cpu->mems && !write_text(target, &cpuset_mems, cpu->mems, error))
        return false;
    return write_bandwidth(target, cpu, error);
}

bool
limits_write(const CgroupLayout *layout, const char *group, const ContainerResources *resources,
             GError **error)
{
    LimitTarget target = { layout, group };

    if (!write_memory(&target, resources->memory, error) ||
        !write_cpu(&target, resources->cpu, error))
        return false;
    if (resources->pids->limit >= 0 &&
        !write_number(&target, &pids_limit, resources->pids->limit, error))
        return false;
    return limits_write_block(layout, group, resources->block_io, error) &&
           cgroup_limit_devices(layout, group, resources->devices, error);
}
