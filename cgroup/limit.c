/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory, processors and numbers of tasks; the other controllers are in limit-*.c. */
#include "cgroup/limit.h"

#include <string.h>

#include "controller/wire/failure.h"
#include "controller/wire/shares.h"

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
static const LimitFile memory_usage = { CGROUP_MEMORY, "memory.usage_in_bytes", "memory.current" };
static const LimitFile swap_usage = { CGROUP_MEMORY, "memory.memsw.usage_in_bytes",
                                      "memory.swap.current" };
static const LimitFile cpu_shares = { CGROUP_CPU, "cpu.shares", "cpu.weight" };
static const LimitFile cpu_quota = { CGROUP_CPU, "cpu.cfs_quota_us", "cpu.max" };
static const LimitFile cpu_period = { CGROUP_CPU, "cpu.cfs_period_us", "cpu.max" };
static const LimitFile pids_limit = { CGROUP_PIDS, "pids.max", "pids.max" };
static const LimitFile cpuset_cpus = { CGROUP_CPUSET, "cpuset.cpus", "cpuset.cpus" };
static const LimitFile cpuset_mems = { CGROUP_CPUSET, "cpuset.mems", "cpuset.mems" };

/* v1 says "no limit" by the largest number of pages it counts, which depends on their size. */
#define UNLIMITED_BYTES (INT64_MAX - INT64_C(1048576))

#define PERIOD_DEFAULT 100000
#define RECLAIM_TRIES  8

typedef struct {
    const CgroupLayout *layout;
    const char *group;
} LimitTarget;

static bool
is_v2(const LimitTarget *target, CgroupController controller)
{
    return cgroup_version(target->layout, controller) == 2;
}

static bool
write_text(const LimitTarget *target, const LimitFile *file, const char *value, GError **error)
{
    const char *name = is_v2(target, file->controller) ? file->v2 : file->v1;
    g_autofree char *path = g_strconcat(target->group, "/", name, NULL);

    return cgroup_write(target->layout, file->controller, path, value, error);
}

static bool
write_number(const LimitTarget *target, const LimitFile *file, int64_t value, GError **error)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, value);

    return write_text(target, file, text, error);
}

/* Negative: no limit. */
static bool
write_limit(const LimitTarget *target, const LimitFile *file, int64_t value, GError **error)
{
    if (value >= 0)
        return write_number(target, file, value, error);
    return write_text(target, file, is_v2(target, file->controller) ? "max" : "-1", error);
}

static char *
read_text(const LimitTarget *target, const LimitFile *file, GError **error)
{
    char *text = cgroup_read(target->layout, file->controller, target->group,
                             is_v2(target, file->controller) ? file->v2 : file->v1, error);

    return text ? g_strstrip(text) : NULL;
}

/* -1: no limit. */
static bool
read_number(const LimitTarget *target, const LimitFile *file, int64_t *ret_value, GError **error)
{
    g_autofree char *text = read_text(target, file, error);
    uint64_t value;

    if (!text)
        return false;
    /* v1 has no negative numbers here but in the quota, where they mean the same as "max" */
    value = g_ascii_strtoull(text, NULL, 10);
    *ret_value = g_ascii_isdigit(text[0]) && value < UNLIMITED_BYTES ? (int64_t)value : -1;
    return true;
}

bool
limit_read_memory(const CgroupLayout *layout, const char *group, ContainerMemory *ret_memory,
                  GError **error)
{
    LimitTarget target = { layout, group };
    ContainerMemory memory = { -1, -1, -1 };

    if (!read_number(&target, &memory_limit, &memory.limit, error) ||
        !read_number(&target, &memory_reservation, &memory.reservation, error))
        return false;
    /* a kernel that does not account for swap has no such file */
    if (!read_number(&target, &memory_swap, &memory.swap, NULL))
        memory.swap = -1;
    if (is_v2(&target, CGROUP_MEMORY)) {
        if (memory.reservation == 0)
            memory.reservation = -1;
        memory.swap = memory.swap < 0 || memory.limit < 0 ? -1 : memory.swap + memory.limit;
    }
    *ret_memory = memory;
    return true;
}

static bool
fail_in_use(GError **error, int64_t usage, int64_t limit)
{
    g_clear_error(error);
    return fail(error, FAILURE_OPERATION_FAILED,
                "the guest uses %" G_GINT64_FORMAT " KiB and cannot be brought below a limit of "
                "%" G_GINT64_FORMAT " KiB; choose a higher limit or end some of its programs",
                usage / 1024, limit / 1024);
}

static bool
write_swap(const LimitTarget *target, const ContainerMemory *memory, GError **error)
{
    int64_t swap = memory->swap;
    int64_t usage;

    /* the number is memory plus swap; v2 counts swap alone */
    if (swap >= 0 && is_v2(target, CGROUP_MEMORY)) {
        if (memory->limit < 0)
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "a limit of memory plus swap needs a limit of memory");
        return write_limit(target, &memory_swap, MAX(swap - memory->limit, 0), error);
    }
    if (write_limit(target, &memory_swap, swap, error))
        return true;
    if (swap >= 0 && read_number(target, &swap_usage, &usage, NULL) && usage > swap)
        return fail_in_use(error, usage, swap);
    return false;
}

/* The guest's programs may take some while some is given back, hence several times. */
static bool
reclaim_down_to(const LimitTarget *target, int64_t limit, GError **error)
{
    static const LimitFile reclaim = { CGROUP_MEMORY, NULL, "memory.reclaim" };
    int64_t usage = 0;
    int tries;

    for (tries = 0; read_number(target, &memory_usage, &usage, NULL) && usage > limit; tries++) {
        if (tries == RECLAIM_TRIES)
            return fail_in_use(error, usage, limit);
        write_number(target, &reclaim, usage - limit, NULL);
    }
    return true;
}

/*
 * Of v1 the kernel refuses a limit below what is used when it cannot take enough away. On v2 it
 * would take the limit and kill programs until it holds; so ask for the memory first.
 */
static bool
write_memory(const LimitTarget *target, int64_t limit, GError **error)
{
    bool v2 = is_v2(target, CGROUP_MEMORY);
    int64_t usage = 0;

    if (limit >= 0 && v2 && !reclaim_down_to(target, limit, error))
        return false;
    if (write_limit(target, &memory_limit, limit, error))
        return true;
    if (limit >= 0 && !v2 && read_number(target, &memory_usage, &usage, NULL) && usage > limit)
        return fail_in_use(error, usage, limit);
    return false;
}

bool
limit_change_memory(const CgroupLayout *layout, const char *group, const ContainerMemory *before,
                    const ContainerMemory *after, GError **error)
{
    LimitTarget target = { layout, group };
    bool v2 = is_v2(&target, CGROUP_MEMORY);
    bool memory = after->limit != before->limit;
    /* v2 has the difference of the two */
    bool swap = after->swap != before->swap || (v2 && memory && after->swap >= 0);
    /* on v1 memory plus swap must not be less than memory at any time */
    bool swap_first = !v2 && before->swap >= 0 && (after->limit < 0 || after->limit > before->swap);

    if (swap && swap_first && !write_swap(&target, after, error))
        return false;
    if (memory && !write_memory(&target, after->limit, error))
        return false;
    if (swap && !swap_first && !write_swap(&target, after, error))
        return false;
    if (after->reservation == before->reservation)
        return true;
    if (v2 && after->reservation < 0)
        return write_number(&target, &memory_reservation, 0, error);
    return write_limit(&target, &memory_reservation, after->reservation, error);
}

static bool
read_bandwidth(const LimitTarget *target, ContainerCpu *cpu)
{
    g_autofree char *quota = read_text(target, &cpu_quota, NULL);
    g_autofree char *period = read_text(target, &cpu_period, NULL);
    const char *number;

    if (!quota || !period)
        return false;
    cpu->quota = g_ascii_isdigit(quota[0]) ? g_ascii_strtoll(quota, NULL, 10) : -1;
    /* on v2 both are in one file */
    number = strchr(period, ' ') ? strchr(period, ' ') + 1 : period;
    cpu->period = g_ascii_strtoull(number, NULL, 10);
    return true;
}

bool
limit_read_cpu(const CgroupLayout *layout, const char *group, ContainerCpu *ret_cpu, GError **error)
{
    LimitTarget target = { layout, group };
    int64_t shares;

    if (!read_number(&target, &cpu_shares, &shares, error))
        return false;
    ret_cpu->shares =
        is_v2(&target, CGROUP_CPU) ? shares_of_weight((uint64_t)shares) : (uint64_t)shares;
    if (!read_bandwidth(&target, ret_cpu)) {
        ret_cpu->quota = 0;
        ret_cpu->period = CONTAINER_UNSET;
    }
    return true;
}

static bool
write_shares(const LimitTarget *target, uint64_t shares, GError **error)
{
    if (is_v2(target, CGROUP_CPU))
        shares = weight_of_shares(shares);
    return write_number(target, &cpu_shares, (int64_t)shares, error);
}

static bool
write_bandwidth(const LimitTarget *target, const ContainerCpu *cpu, GError **error)
{
    uint64_t period = cpu->period == CONTAINER_UNSET ? PERIOD_DEFAULT : cpu->period;
    g_autofree char *both = NULL;

    if (cpu->quota == 0 && cpu->period == CONTAINER_UNSET)
        return true;
    if (is_v2(target, CGROUP_CPU)) {
        if (cpu->quota > 0)
            both = g_strdup_printf("%" G_GINT64_FORMAT " %" G_GUINT64_FORMAT, cpu->quota, period);
        else
            both = g_strdup_printf("max %" G_GUINT64_FORMAT, period);
        return write_text(target, &cpu_quota, both, error);
    }
    return write_number(target, &cpu_period, (int64_t)period, error) &&
           write_limit(target, &cpu_quota, cpu->quota > 0 ? cpu->quota : -1, error);
}

bool
limit_write_cpu(const CgroupLayout *layout, const char *group, const ContainerCpu *cpu,
                GError **error)
{
    LimitTarget target = { layout, group };

    if (cpu->shares != CONTAINER_UNSET && !write_shares(&target, cpu->shares, error))
        return false;
    return write_bandwidth(&target, cpu, error);
}

static bool
write_hugepages(const LimitTarget *target, const GPtrArray *limits, GError **error)
{
    guint i;

    for (i = 0; limits && i < limits->len; i++) {
        const ContainerHugepageLimit *limit = limits->pdata[i];
        g_autofree char *v1 = g_strdup_printf("hugetlb.%s.limit_in_bytes", limit->page_size);
        g_autofree char *v2 = g_strdup_printf("hugetlb.%s.max", limit->page_size);
        LimitFile file = { CGROUP_HUGETLB, v1, v2 };
        g_autofree char *there = NULL;

        there = read_text(target, &file, NULL);
        if (!there && cgroup_pass_on(target->layout, target->group, v2))
            there = read_text(target, &file, NULL);
        if (!there)
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "groups of this host cannot limit huge pages of %s; remove the "
                        "<caisson:hugetlb pagesize='%s'>, or see /sys/kernel/mm/hugepages for the "
                        "sizes there are",
                        limit->page_size, limit->page_size);
        if (!write_number(target, &file, (int64_t)limit->limit, error))
            return false;
    }
    return true;
}

/* What firewalls and traffic shaping of the host tell the guest's packets by. */
static bool
write_net_class(const LimitTarget *target, const ContainerNetworkLimit *network, GError **error)
{
    static const LimitFile class_id = { CGROUP_NET_CLS, "net_cls.classid", NULL };

    if (!network || network->class_id == 0)
        return true;
    if (!cgroup_has(target->layout, CGROUP_NET_CLS))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<caisson:net-class> needs the control group controller 'net_cls' of version "
                    "1, which this host has not mounted; match the guest's group by path instead "
                    "(nftables: socket cgroupv2)");
    return write_number(target, &class_id, (int64_t)network->class_id, error);
}

/* Last, because a key may be one that the others write too. */
static bool
write_keys(const LimitTarget *target, const GPtrArray *pairs, GError **error)
{
    guint i;

    for (i = 0; pairs && i < pairs->len; i++) {
        const JsonPair *pair = pairs->pdata[i];

        if (!cgroup_write_key(target->layout, target->group, pair->key, pair->value, error))
            return false;
    }
    return true;
}

bool
limit_write(const CgroupLayout *layout, const char *group, const ContainerResources *resources,
            GError **error)
{
    static const ContainerMemory fresh = { -1, -1, -1 };
    const ContainerCpu *cpu = resources->cpu;
    LimitTarget target = { layout, group };

    if (!limit_change_memory(layout, group, &fresh, resources->memory, error) ||
        !limit_write_cpu(layout, group, cpu, error))
        return false;
    if (cpu->cpus && !write_text(&target, &cpuset_cpus, cpu->cpus, error))
        return false;
    if (cpu->mems && !write_text(&target, &cpuset_mems, cpu->mems, error))
        return false;
    if (resources->pids->limit >= 0 &&
        !write_number(&target, &pids_limit, resources->pids->limit, error))
        return false;
    return write_hugepages(&target, resources->hugepage_limits, error) &&
           write_net_class(&target, resources->network, error) &&
           limit_write_block(layout, group, resources->block_io, error) &&
           write_keys(&target, resources->unified, error) &&
           cgroup_limit_devices(layout, group, resources->devices, error);
}
