/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits, devices and device rules of a container. */
#include <string.h>

#include "controller/wire/failure.h"
#include "controller/wire/shares.h"
#include "xml/container-parts.h"
#include "xml/processors.h"

#define HPET_MAJOR 10
#define HPET_MINOR 228

static int64_t
bytes_of(uint64_t kib)
{
    return kib >= TUNING_UNLIMITED ? -1 : (int64_t)(kib * 1024);
}

static void
memory_set(const Definition *definition, ContainerMemory *memory)
{
    const MemoryTuning *tuning = &definition->memory_tuning;

    memory->limit = bytes_of(definition_memory_limit(definition));
    memory->reservation = bytes_of(tuning->soft_limit);
    memory->swap = bytes_of(tuning->swap_hard_limit);
}

/* A wish for nodes, which init and all it starts have; what must be is a set of allowed nodes. */
static void
memory_policy_set(const NumaMemory *memory, ContainerLinux *os)
{
    bool several = memory->nodeset && strpbrk(memory->nodeset, ",-");

    if (!memory->nodeset || (memory->mode != NUMA_PREFERRED && memory->mode != NUMA_INTERLEAVE))
        return;
    os->memory_policy = json_new(&container_memory_policy_type);
    os->memory_policy->nodes = g_strdup(memory->nodeset);
    os->memory_policy->mode = g_strdup(memory->mode == NUMA_INTERLEAVE ? "MPOL_INTERLEAVE"
                                       : several                       ? "MPOL_PREFERRED_MANY"
                                                                       : "MPOL_PREFERRED");
}

static bool
cpu_set(const Definition *definition, const ContainerContext *context, ContainerCpu *cpu,
        GError **error)
{
    const CpuTuning *tuning = &definition->cpu_tuning;
    const NumaMemory *memory = &definition->numa_tuning.memory;

    if (tuning->shares != UINT64_MAX &&
        (tuning->shares < SHARES_MIN || tuning->shares > SHARES_MAX))
        return fail(error, FAILURE_INVALID_ARG,
                    "invalid value '%" G_GUINT64_FORMAT
                    "' for element <shares> in <cputune>: between "
                    "%d and %d are possible",
                    tuning->shares, SHARES_MIN, SHARES_MAX);
    cpu->shares = tuning->shares == UINT64_MAX ? CONTAINER_UNSET : tuning->shares;
    cpu->period = tuning->period == 0 ? CONTAINER_UNSET : tuning->period;
    cpu->quota = processors_quota(definition, context->vcpus_are_quota);
    if (cpu->quota > 0 && cpu->period == CONTAINER_UNSET)
        cpu->period = PROCESSORS_PERIOD;
    cpu->cpus = processors_allowed(definition);
    /* the other modes are wishes, which a set of allowed nodes would turn into orders */
    if (memory->mode == NUMA_STRICT || memory->mode == NUMA_RESTRICTIVE)
        cpu->mems = g_strdup(memory->nodeset);
    return true;
}

static uint64_t
set_or_unset(uint64_t value)
{
    return value ? value : CONTAINER_UNSET;
}

static void
block_io_set(const BlockTuning *tuning, ContainerBlockIo *block_io)
{
    guint i;

    block_io->weight = set_or_unset(tuning->weight);
    for (i = 0; i < tuning->devices->len; i++) {
        const BlockDeviceTuning *given = tuning->devices->pdata[i];
        ContainerBlockDevice *device = json_new(&container_block_device_type);

        device->path = g_strdup(given->path);
        device->weight = set_or_unset(given->weight);
        device->read_bytes = set_or_unset(given->read_bytes);
        device->write_bytes = set_or_unset(given->write_bytes);
        device->read_iops = set_or_unset(given->read_iops);
        device->write_iops = set_or_unset(given->write_iops);
        g_ptr_array_add(block_io->devices, device);
    }
}

static void
caisson_set(const CaissonOptions *options, ContainerResources *resources)
{
    guint i;

    resources->pids->limit = options->pids ? (int64_t)options->pids : -1;
    if (options->net_class) {
        resources->network = json_new(&container_network_limit_type);
        resources->network->class_id = options->net_class;
    }
    for (i = 0; i < options->hugetlb->len; i++) {
        const HugetlbLimit *given = options->hugetlb->pdata[i];
        ContainerHugepageLimit *limit = json_new(&container_hugepage_limit_type);

        limit->page_size = g_strdup(given->page_size);
        limit->limit = given->limit * 1024;
        g_ptr_array_add(resources->hugepage_limits, limit);
    }
    for (i = 0; i < options->cgroup->len; i++) {
        const CgroupSetting *setting = options->cgroup->pdata[i];

        json_pairs_add(resources->unified, setting->key, setting->value);
    }
}

static void
rule_add(Container *container, bool allow, const char *type, const int64_t numbers[2],
         const char *access)
{
    ContainerDeviceRule *rule = json_new(&container_device_rule_type);

    rule->allow = allow;
    rule->type = g_strdup(type);
    rule->major = numbers[0];
    rule->minor = numbers[1];
    rule->access = g_strdup(access);
    g_ptr_array_add(container->os->resources->devices, rule);
}

static void
device_add(Container *container, const char *path, const int64_t numbers[2], unsigned mode)
{
    ContainerDevice *device = json_new(&container_device_type);

    device->path = g_strdup(path);
    device->type = g_strdup("c");
    device->major = numbers[0];
    device->minor = numbers[1];
    device->file_mode = mode;
    g_ptr_array_add(container->os->devices, device);
}

/* null, zero, full, random, urandom; tty, console, ptmx; fuse; the terminals of devpts */
static const int64_t usual_devices[][2] = {
    { 1, 3 }, { 1, 5 }, { 1, 7 }, { 1, 8 },    { 1, 9 },
    { 5, 0 }, { 5, 1 }, { 5, 2 }, { 10, 229 }, { 136, -1 },
};

/* The mark of a removed file in the upper layer of an overlay, which is no device. */
static const int64_t whiteout[2] = { 0, 0 };

static void
rules_add(const Definition *definition, Container *container)
{
    static const int64_t any[2] = { -1, -1 };
    size_t i;

    rule_add(container, false, "a", any, "rwm");
    /* whoever may make nodes, may: they are of no use where opening them is not allowed */
    if (capabilities_keep_named(&definition->features.capabilities, "mknod")) {
        /* two rules: "a" on a v1 hierarchy means all access to all devices, whatever follows it */
        rule_add(container, true, "b", any, "m");
        rule_add(container, true, "c", any, "m");
    }
    rule_add(container, true, "c", whiteout, "m");
    for (i = 0; i < G_N_ELEMENTS(usual_devices); i++)
        rule_add(container, true, "c", usual_devices[i], "rwm");
}

/* Everybody may use FUSE: what it mounts is the user's own. Tunnels are for whoever may have
 * interfaces of his own. */
static void
nodes_add(const Definition *definition, Container *container)
{
    static const int64_t fuse[2] = { 10, 229 };
    static const int64_t tun[2] = { 10, 200 };

    device_add(container, "/dev/fuse", fuse, 0666);
    if (!container_owns_network(definition) ||
        !capabilities_keep_named(&definition->features.capabilities, "net_admin"))
        return;
    rule_add(container, true, "c", tun, "rwm");
    device_add(container, "/dev/net/tun", tun, 0666);
}

/* The clocks a domain names may be read; their nodes are only there when the guest keeps local
 * time. */
static bool
timer_add(const Timer *timer, const ContainerContext *context, bool node, Container *container,
          GError **error)
{
    const int64_t hpet[2] = { HPET_MAJOR, HPET_MINOR };
    const int64_t rtc[2] = { context->rtc_major, 0 };

    if (timer->present == TIMER_PRESENT_NO)
        return true;
    if (timer->name == TIMER_HPET) {
        rule_add(container, true, "c", hpet, "r");
        if (node)
            device_add(container, "/dev/hpet", hpet, 0600);
    } else if (timer->name == TIMER_RTC && context->rtc_major > 0) {
        rule_add(container, true, "c", rtc, "r");
        if (node)
            device_add(container, "/dev/rtc", rtc, 0600);
    } else if (timer->name == TIMER_RTC && node) {
        return fail(
            error, FAILURE_CONFIG_UNSUPPORTED,
            "the host has no /dev/rtc0 for the <timer> 'rtc'; remove it or set present='no'");
    }
    return true;
}

static bool
devices_set(const Definition *definition, const ContainerContext *context, Container *container,
            GError **error)
{
    const Clock *clock = &definition->clock;
    guint i;

    rules_add(definition, container);
    nodes_add(definition, container);
    for (i = 0; i < clock->timers->len; i++) {
        if (!timer_add(clock->timers->pdata[i], context, clock->offset == CLOCK_LOCALTIME,
                       container, error))
            return false;
    }
    return true;
}

GPtrArray *
container_device_rules(const Definition *definition, const ContainerContext *context)
{
    g_autoptr(Container) container = container_new();

    /* a clock that the host does not have was refused when the guest started */
    devices_set(definition, context, container, NULL);
    return g_ptr_array_ref(container->os->resources->devices);
}

bool
container_resources(const Definition *definition, const ContainerContext *context,
                    Container *container, GError **error)
{
    memory_set(definition, container->os->resources->memory);
    if (!cpu_set(definition, context, container->os->resources->cpu, error))
        return false;
    memory_policy_set(&definition->numa_tuning.memory, container->os);
    caisson_set(&definition->caisson, container->os->resources);
    block_io_set(&definition->block_tuning, container->os->resources->block_io);
    return devices_set(definition, context, container, error);
}
