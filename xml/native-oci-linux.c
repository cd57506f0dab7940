/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces, id maps, devices and limits of OCI documents. */
#include "xml/native-oci-linux.h"

#include <string.h>

#include "controller/wire/failure.h"
#include "xml/definition-check.h"
#include "xml/native-build.h"

#define DEVICES_MAX        512
#define OCI_MEMORY_DEFAULT (UINT64_C(1024) * 1024 * 1024)

/* c 1:3 and so on: nodes and rules every container has. */
static const int64_t usual_devices[][2] = {
    { 1, 3 }, { 1, 5 }, { 1, 7 }, { 1, 8 },    { 1, 9 },
    { 5, 0 }, { 5, 1 }, { 5, 2 }, { 10, 229 }, { 136, -1 },
};

static const ContainerNamespace *
namespace_find(const ContainerLinux *os, const char *type)
{
    guint i;

    for (i = 0; os && os->namespaces && i < os->namespaces->len; i++) {
        const ContainerNamespace *namespace = os->namespaces->pdata[i];

        if (g_str_equal(namespace->type, type))
            return namespace;
    }
    return NULL;
}

/* "/run/netns/blue" or "/proc/77/ns/net" */
static void
share_path(NamespaceShare *share, const ContainerNamespace *namespace, bool network,
           NativeReport *report)
{
    const char *path = namespace->path;
    g_auto(GStrv) parts = g_strsplit(path, "/", 6);
    uint64_t pid;

    if (network &&
        (g_str_has_prefix(path, "/run/netns/") || g_str_has_prefix(path, "/var/run/netns/"))) {
        share->source = NAMESPACE_NETNS;
        build_set(&share->value, strrchr(path, '/') + 1);
    } else if (g_strv_length(parts) == 5 && g_str_equal(parts[1], "proc") &&
               g_str_equal(parts[3], "ns") &&
               g_ascii_string_to_unsigned(parts[2], 10, 1, INT32_MAX, &pid, NULL)) {
        share->source = NAMESPACE_PID;
        build_set(&share->value, parts[2]);
    } else {
        native_ignore(report, "path '%s' of the namespace '%s'", path, namespace->type);
    }
}

/* Without a namespace of its own the container has the host's, that of the host's init. */
static void
read_share(const ContainerLinux *os, const char *type, NamespaceShare *share, NativeReport *report)
{
    const ContainerNamespace *namespace = namespace_find(os, type);

    if (!namespace) {
        share->source = NAMESPACE_PID;
        build_set(&share->value, "1");
    } else if (namespace->path) {
        share_path(share, namespace, false, report);
    }
}

static void
read_namespaces(const ContainerLinux *os, Definition *definition, NativeReport *report)
{
    static const char *const own[] = { "mount", "pid" };
    const ContainerNamespace *network = namespace_find(os, "network");
    NamespaceSharing *sharing = &definition->sharing;
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(own); i++) {
        const ContainerNamespace *namespace = namespace_find(os, own[i]);

        if (!namespace || namespace->path)
            native_note(report, "the container gets a %s namespace of its own", own[i]);
    }
    if (namespace_find(os, "time"))
        native_ignore(report, "namespace 'time'");
    if (network && network->path)
        share_path(&sharing->net, network, true, report);
    if (network && !sharing->net.source)
        definition->features.privnet = true;
    read_share(os, "ipc", &sharing->ipc, report);
    read_share(os, "uts", &sharing->uts, report);
}

static void
read_map(const GPtrArray *mappings, GPtrArray *map)
{
    guint i;

    for (i = 0; mappings && i < mappings->len; i++) {
        const ContainerIdMapping *mapping = mappings->pdata[i];

        build_id_range(map,
                       &(IdMapEntry){ mapping->container_id, mapping->host_id, mapping->size });
    }
}

static void
read_maps(const ContainerLinux *os, Definition *definition, NativeReport *report)
{
    const ContainerNamespace *user = namespace_find(os, "user");
    bool maps = (os->uid_mappings && os->uid_mappings->len > 0) ||
                (os->gid_mappings && os->gid_mappings->len > 0);

    if (user && user->path) {
        native_ignore(report, "path '%s' of the namespace 'user'", user->path);
    } else if (user && maps) {
        read_map(os->uid_mappings, definition->uid_map);
        read_map(os->gid_mappings, definition->gid_map);
    } else if (user || maps) {
        native_ignore(report, user ? "namespace 'user', which has no mappings"
                                   : "id mappings, for want of a namespace 'user'");
    }
}

static bool
is_usual(const char *type, int64_t major, int64_t minor)
{
    size_t i;

    for (i = 0; g_strcmp0(type, "c") == 0 && i < G_N_ELEMENTS(usual_devices); i++) {
        if (usual_devices[i][0] == major &&
            (usual_devices[i][1] == minor || usual_devices[i][1] < 0))
            return true;
    }
    return false;
}

static void
read_device(const ContainerDevice *device, Definition *definition, NativeReport *report)
{
    bool block = g_str_equal(device->type, "b");
    Kept *hostdev;
    Kept *source;

    if (is_usual(device->type, device->major, device->minor))
        return;
    if (!g_str_has_prefix(device->path, "/dev/") ||
        (!block && !g_str_equal(device->type, "c") && !g_str_equal(device->type, "u"))) {
        native_ignore(report, "device '%s'", device->path);
        return;
    }
    native_note(report, "device '%s' is the host's of the same path", device->path);
    hostdev = build_kept(definition, "devices/hostdev", "hostdev");
    kept_set_attribute(hostdev, "mode", "capabilities");
    kept_set_attribute(hostdev, "type", block ? "storage" : "misc");
    source = build_child(hostdev, "source", NULL, NULL);
    build_child(source, block ? "block" : "char", NULL, NULL)->text = g_strdup(device->path);
}

static bool
rule_is_of_device(const ContainerDeviceRule *rule, const GPtrArray *devices)
{
    guint i;

    for (i = 0; devices && i < devices->len; i++) {
        const ContainerDevice *device = devices->pdata[i];

        if (g_strcmp0(rule->type, device->type) == 0 && rule->major == device->major &&
            rule->minor == device->minor)
            return true;
    }
    return false;
}

/* Rights to a device that is not there, or to all of them, have no word in a domain. */
static void
read_rules(const ContainerLinux *os, NativeReport *report)
{
    const GPtrArray *rules = os->resources ? os->resources->devices : NULL;
    guint i;

    for (i = 0; rules && i < rules->len; i++) {
        const ContainerDeviceRule *rule = rules->pdata[i];

        if (rule->allow && g_strcmp0(rule->access, "m") != 0 &&
            !is_usual(rule->type, rule->major, rule->minor) &&
            !rule_is_of_device(rule, os->devices))
            native_ignore(report, "linux.resources.devices[%u]", i);
    }
}

static uint64_t
kib(int64_t bytes)
{
    return bytes / 1024 + (bytes % 1024 != 0);
}

static bool
read_memory(const ContainerMemory *memory, Definition *definition, NativeReport *report,
            GError **error)
{
    if (memory && memory->reservation > 0)
        definition->memory_tuning.soft_limit = kib(memory->reservation);
    if (memory && memory->swap > 0)
        definition->memory_tuning.swap_hard_limit = kib(memory->swap);
    if (memory && memory->limit > 0)
        return build_memory(definition, memory->limit, error);
    native_note(report, "there is no limit of memory, so 1 GiB is assumed");
    return build_memory(definition, OCI_MEMORY_DEFAULT, error);
}

static void
read_cpu(const ContainerCpu *cpu, Definition *definition)
{
    CpuTuning *tuning = &definition->cpu_tuning;

    /* 0 is what some tools write for "not set" */
    if (cpu->shares != CONTAINER_UNSET && cpu->shares != 0)
        tuning->shares = cpu->shares;
    if (cpu->period != CONTAINER_UNSET)
        tuning->period = cpu->period;
    tuning->quota = cpu->quota;
    if (cpu->cpus && *cpu->cpus)
        build_set(&definition->cpuset, cpu->cpus);
    if (cpu->mems && *cpu->mems)
        build_numatune(definition, cpu->mems);
}

/* What has no element of libvirt's. */
static void
read_caisson(const ContainerResources *resources, CaissonOptions *options, NativeReport *report)
{
    guint i;

    if (resources->pids && resources->pids->limit > 0)
        options->pids = MIN((uint64_t)resources->pids->limit, UINT32_MAX);
    if (resources->network)
        options->net_class = MIN(resources->network->class_id, UINT32_MAX);
    for (i = 0; resources->hugepage_limits && i < resources->hugepage_limits->len; i++) {
        const ContainerHugepageLimit *given = resources->hugepage_limits->pdata[i];
        HugetlbLimit limit = { given->page_size, given->limit / 1024 };

        if (check_hugetlb_limit(&limit, NULL))
            caisson_add_hugetlb(options, limit.page_size, limit.limit);
        else
            native_ignore(report, "linux.resources.hugepageLimits[%u]", i);
    }
    for (i = 0; resources->unified && i < resources->unified->len; i++) {
        const JsonPair *pair = resources->unified->pdata[i];
        CgroupSetting setting = { pair->key, pair->value };

        if (check_cgroup_setting(&setting, NULL))
            caisson_add_setting(options, pair->key, pair->value);
        else
            native_ignore(report, "linux.resources.unified '%s'", pair->key);
    }
}

static void
report_paths(char **paths, const char *key, NativeReport *report)
{
    size_t i;

    /* below these, what must not be seen or written is covered in every container */
    for (i = 0; paths && paths[i]; i++) {
        if (!g_str_has_prefix(paths[i], "/proc/") && !g_str_has_prefix(paths[i], "/sys/"))
            native_ignore(report, "%s '%s'", key, paths[i]);
    }
}

bool
oci_read_linux(const OciConfig *config, Definition *definition, NativeReport *report,
               GError **error)
{
    const ContainerLinux *os = config->os;
    const ContainerResources *resources = os ? os->resources : NULL;
    guint i;

    read_namespaces(os, definition, report);
    if (!read_memory(resources ? resources->memory : NULL, definition, report, error))
        return false;
    if (!os)
        return true;
    if (os->devices && os->devices->len > DEVICES_MAX)
        return fail(error, FAILURE_INVALID_ARG, "linux.devices: there are more than %d",
                    DEVICES_MAX);
    read_maps(os, definition, report);
    for (i = 0; os->devices && i < os->devices->len; i++)
        read_device(os->devices->pdata[i], definition, report);
    read_rules(os, report);
    if (resources && resources->cpu)
        read_cpu(resources->cpu, definition);
    if (os->memory_policy)
        native_ignore(report, "linux.memoryPolicy");
    if (resources)
        read_caisson(resources, &definition->caisson, report);
    report_paths(os->masked_paths, "linux.maskedPaths", report);
    report_paths(os->readonly_paths, "linux.readonlyPaths", report);
    /* the filter is the driver's, chosen by a profile */
    if (os->seccomp)
        native_ignore(report, "linux.seccomp");
    if (os->mount_label)
        native_ignore(report, "linux.mountLabel");
    return true;
}

void
oci_read_personality(const OciConfig *config, const char *arch, Definition *definition,
                     NativeReport *report)
{
    const ContainerPersonality *personality = config->os ? config->os->personality : NULL;
    const char *sibling = arch ? os_arch_sibling(arch) : NULL;

    if (!personality || g_str_equal(personality->domain, "LINUX"))
        return;
    if (g_str_equal(personality->domain, "LINUX32") && sibling)
        build_set(&definition->os.arch, sibling);
    else
        native_ignore(report, "linux.personality '%s'", personality->domain);
}
