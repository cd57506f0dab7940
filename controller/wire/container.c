/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The container definition as rows: keys are OCI's, one table per struct. */
#include "controller/wire/container.h"

#include "controller/wire/failure.h"

/* (int64_t)CONTAINER_UNSET; a number that is not given is not written either */
#define UNSET -1

static const JsonField mount_extension_fields[] = {
    { "sourceInContainer", JSON_BOOL, offsetof(ContainerMount, source_in_container) },
    { "image", JSON_STRING, offsetof(ContainerMount, image) },
    { "imageFormat", JSON_STRING, offsetof(ContainerMount, image_format) },
    { "spaceLimit", JSON_UINT, offsetof(ContainerMount, space_limit) },
    { NULL },
};
static const JsonType mount_extension_type = { "caisson", 0, mount_extension_fields };

static const JsonField mount_fields[] = {
    { "destination", JSON_STRING, offsetof(ContainerMount, destination), .flags = JSON_REQUIRED },
    { "type", JSON_STRING, offsetof(ContainerMount, type) },
    { "source", JSON_STRING, offsetof(ContainerMount, source) },
    { "options", JSON_STRINGS, offsetof(ContainerMount, options) },
    { "caisson", JSON_INLINE, .type = &mount_extension_type },
    { NULL },
};
const JsonType container_mount_type = { "mount", sizeof(ContainerMount), mount_fields };

static const JsonField root_fields[] = {
    { "path", JSON_STRING, offsetof(ContainerRoot, path), .flags = JSON_REQUIRED },
    { "readonly", JSON_BOOL, offsetof(ContainerRoot, readonly) },
    { "caisson", JSON_OBJECT, offsetof(ContainerRoot, mount), .type = &container_mount_type },
    { NULL },
};
const JsonType container_root_type = { "root", sizeof(ContainerRoot), root_fields };

static const JsonField user_fields[] = {
    { "uid", JSON_UINT, offsetof(ContainerUser, uid), .flags = JSON_REQUIRED | JSON_ALWAYS },
    { "gid", JSON_UINT, offsetof(ContainerUser, gid), .flags = JSON_REQUIRED | JSON_ALWAYS },
    { NULL },
};
const JsonType container_user_type = { "user", sizeof(ContainerUser), user_fields };

static const JsonField capabilities_fields[] = {
    { "bounding", JSON_STRINGS, offsetof(ContainerCapabilities, bounding), .flags = JSON_ALWAYS },
    { "effective", JSON_STRINGS, offsetof(ContainerCapabilities, effective), .flags = JSON_ALWAYS },
    { "permitted", JSON_STRINGS, offsetof(ContainerCapabilities, permitted), .flags = JSON_ALWAYS },
    { "inheritable", JSON_NOTHING },
    { "ambient", JSON_NOTHING },
    { NULL },
};
const JsonType container_capabilities_type = { "capabilities", sizeof(ContainerCapabilities),
                                               capabilities_fields };

static const JsonField rlimit_fields[] = {
    { "type", JSON_STRING, offsetof(ContainerRlimit, type), .flags = JSON_REQUIRED },
    { "hard", JSON_UINT, offsetof(ContainerRlimit, hard),
      .flags = JSON_REQUIRED | JSON_ALWAYS | JSON_UNLIMITED },
    { "soft", JSON_UINT, offsetof(ContainerRlimit, soft),
      .flags = JSON_REQUIRED | JSON_ALWAYS | JSON_UNLIMITED },
    { NULL },
};
const JsonType container_rlimit_type = { "rlimit", sizeof(ContainerRlimit), rlimit_fields };

static const JsonField process_fields[] = {
    { "args", JSON_STRINGS, offsetof(ContainerProcess, args), .flags = JSON_REQUIRED },
    { "env", JSON_STRINGS, offsetof(ContainerProcess, env) },
    { "cwd", JSON_STRING, offsetof(ContainerProcess, cwd), .flags = JSON_REQUIRED },
    { "user", JSON_OBJECT, offsetof(ContainerProcess, user), .type = &container_user_type },
    { "capabilities", JSON_OBJECT, offsetof(ContainerProcess, capabilities),
      .type = &container_capabilities_type },
    { "rlimits", JSON_OBJECTS, offsetof(ContainerProcess, rlimits),
      .type = &container_rlimit_type },
    { "noNewPrivileges", JSON_BOOL, offsetof(ContainerProcess, no_new_privileges) },
    { "apparmorProfile", JSON_STRING, offsetof(ContainerProcess, apparmor_profile) },
    { "oomScoreAdj", JSON_INT, offsetof(ContainerProcess, oom_score_adj) },
    { "selinuxLabel", JSON_STRING, offsetof(ContainerProcess, selinux_label) },
    { NULL },
};
const JsonType container_process_type = { "process", sizeof(ContainerProcess), process_fields };

static const JsonField namespace_fields[] = {
    { "type", JSON_STRING, offsetof(ContainerNamespace, type), .flags = JSON_REQUIRED },
    { "path", JSON_STRING, offsetof(ContainerNamespace, path) },
    { NULL },
};
const JsonType container_namespace_type = { "namespace", sizeof(ContainerNamespace),
                                            namespace_fields };

static const JsonField id_mapping_fields[] = {
    { "containerID", JSON_UINT, offsetof(ContainerIdMapping, container_id),
      .flags = JSON_REQUIRED | JSON_ALWAYS },
    { "hostID", JSON_UINT, offsetof(ContainerIdMapping, host_id),
      .flags = JSON_REQUIRED | JSON_ALWAYS },
    { "size", JSON_UINT, offsetof(ContainerIdMapping, size), .flags = JSON_REQUIRED | JSON_ALWAYS },
    { NULL },
};
const JsonType container_id_mapping_type = { "id mapping", sizeof(ContainerIdMapping),
                                             id_mapping_fields };

static const JsonField device_fields[] = {
    { "path", JSON_STRING, offsetof(ContainerDevice, path), .flags = JSON_REQUIRED },
    { "type", JSON_STRING, offsetof(ContainerDevice, type), .flags = JSON_REQUIRED },
    { "major", JSON_INT, offsetof(ContainerDevice, major), .flags = JSON_ALWAYS },
    { "minor", JSON_INT, offsetof(ContainerDevice, minor), .flags = JSON_ALWAYS },
    { "fileMode", JSON_UINT, offsetof(ContainerDevice, file_mode), .absent = 0600,
      .flags = JSON_ALWAYS },
    { NULL },
};
const JsonType container_device_type = { "device", sizeof(ContainerDevice), device_fields };

static const JsonField device_rule_fields[] = {
    { "allow", JSON_BOOL, offsetof(ContainerDeviceRule, allow),
      .flags = JSON_REQUIRED | JSON_ALWAYS },
    { "type", JSON_STRING, offsetof(ContainerDeviceRule, type) },
    { "major", JSON_INT, offsetof(ContainerDeviceRule, major), .absent = -1 },
    { "minor", JSON_INT, offsetof(ContainerDeviceRule, minor), .absent = -1 },
    { "access", JSON_STRING, offsetof(ContainerDeviceRule, access) },
    { NULL },
};
const JsonType container_device_rule_type = { "device rule", sizeof(ContainerDeviceRule),
                                              device_rule_fields };

static const JsonField memory_fields[] = {
    { "limit", JSON_INT, offsetof(ContainerMemory, limit), .absent = -1 },
    { "reservation", JSON_INT, offsetof(ContainerMemory, reservation), .absent = -1 },
    { "swap", JSON_INT, offsetof(ContainerMemory, swap), .absent = -1 },
    { NULL },
};
const JsonType container_memory_type = { "memory", sizeof(ContainerMemory), memory_fields };

static const JsonField cpu_fields[] = {
    { "shares", JSON_UINT, offsetof(ContainerCpu, shares), .absent = UNSET },
    { "quota", JSON_INT, offsetof(ContainerCpu, quota) },
    { "period", JSON_UINT, offsetof(ContainerCpu, period), .absent = UNSET },
    { "cpus", JSON_STRING, offsetof(ContainerCpu, cpus) },
    { "mems", JSON_STRING, offsetof(ContainerCpu, mems) },
    { NULL },
};
const JsonType container_cpu_type = { "cpu", sizeof(ContainerCpu), cpu_fields };

static const JsonField pids_fields[] = {
    { "limit", JSON_INT, offsetof(ContainerPids, limit), .absent = -1 },
    { NULL },
};
const JsonType container_pids_type = { "pids", sizeof(ContainerPids), pids_fields };

static const JsonField hugepage_limit_fields[] = {
    { "pageSize", JSON_STRING, offsetof(ContainerHugepageLimit, page_size),
      .flags = JSON_REQUIRED },
    { "limit", JSON_UINT, offsetof(ContainerHugepageLimit, limit),
      .flags = JSON_REQUIRED | JSON_ALWAYS },
    { NULL },
};
const JsonType container_hugepage_limit_type = { "hugepageLimit", sizeof(ContainerHugepageLimit),
                                                 hugepage_limit_fields };

static const JsonField network_limit_fields[] = {
    { "classID", JSON_UINT, offsetof(ContainerNetworkLimit, class_id) },
    { NULL },
};
const JsonType container_network_limit_type = { "network", sizeof(ContainerNetworkLimit),
                                                network_limit_fields };

#define BLOCK_LIMIT(key, member)                                                \
    {                                                                           \
        key, JSON_UINT, offsetof(ContainerBlockDevice, member), .absent = UNSET \
    }

static const JsonField block_device_fields[] = {
    { "path", JSON_STRING, offsetof(ContainerBlockDevice, path), .flags = JSON_REQUIRED },
    BLOCK_LIMIT("weight", weight),
    BLOCK_LIMIT("readBytes", read_bytes),
    BLOCK_LIMIT("writeBytes", write_bytes),
    BLOCK_LIMIT("readOperations", read_iops),
    BLOCK_LIMIT("writeOperations", write_iops),
    { NULL },
};
const JsonType container_block_device_type = { "block device", sizeof(ContainerBlockDevice),
                                               block_device_fields };

static const JsonField block_io_fields[] = {
    { "weight", JSON_UINT, offsetof(ContainerBlockIo, weight), .absent = UNSET },
    { "caisson", JSON_OBJECTS, offsetof(ContainerBlockIo, devices),
      .type = &container_block_device_type },
    { NULL },
};
const JsonType container_block_io_type = { "blockIO", sizeof(ContainerBlockIo), block_io_fields };

static const JsonField resources_fields[] = {
    { "devices", JSON_OBJECTS, offsetof(ContainerResources, devices),
      .type = &container_device_rule_type },
    { "memory", JSON_OBJECT, offsetof(ContainerResources, memory), .type = &container_memory_type },
    { "cpu", JSON_OBJECT, offsetof(ContainerResources, cpu), .type = &container_cpu_type },
    { "pids", JSON_OBJECT, offsetof(ContainerResources, pids), .type = &container_pids_type },
    { "blockIO", JSON_OBJECT, offsetof(ContainerResources, block_io),
      .type = &container_block_io_type },
    { "hugepageLimits", JSON_OBJECTS, offsetof(ContainerResources, hugepage_limits),
      .type = &container_hugepage_limit_type },
    { "network", JSON_OBJECT, offsetof(ContainerResources, network),
      .type = &container_network_limit_type },
    { "unified", JSON_PAIRS, offsetof(ContainerResources, unified) },
    { NULL },
};
const JsonType container_resources_type = { "resources", sizeof(ContainerResources),
                                            resources_fields };

static const JsonField personality_fields[] = {
    { "domain", JSON_STRING, offsetof(ContainerPersonality, domain), .flags = JSON_REQUIRED },
    { NULL },
};
const JsonType container_personality_type = { "personality", sizeof(ContainerPersonality),
                                              personality_fields };

static const JsonField seccomp_argument_fields[] = {
    { "index", JSON_UINT, offsetof(ContainerSeccompArgument, index),
      .flags = JSON_REQUIRED | JSON_ALWAYS },
    { "value", JSON_UINT, offsetof(ContainerSeccompArgument, value),
      .flags = JSON_REQUIRED | JSON_ALWAYS },
    { "valueTwo", JSON_UINT, offsetof(ContainerSeccompArgument, value_two) },
    { "op", JSON_STRING, offsetof(ContainerSeccompArgument, op), .flags = JSON_REQUIRED },
    { NULL },
};
const JsonType container_seccomp_argument_type = { "argument", sizeof(ContainerSeccompArgument),
                                                   seccomp_argument_fields };

static const JsonField seccomp_rule_fields[] = {
    { "names", JSON_STRINGS, offsetof(ContainerSeccompRule, names), .flags = JSON_REQUIRED },
    { "action", JSON_STRING, offsetof(ContainerSeccompRule, action), .flags = JSON_REQUIRED },
    { "errnoRet", JSON_UINT, offsetof(ContainerSeccompRule, errnum), .absent = UNSET },
    { "args", JSON_OBJECTS, offsetof(ContainerSeccompRule, args),
      .type = &container_seccomp_argument_type },
    { NULL },
};
const JsonType container_seccomp_rule_type = { "rule", sizeof(ContainerSeccompRule),
                                               seccomp_rule_fields };

static const JsonField seccomp_extension_fields[] = {
    { "optional", JSON_BOOL, offsetof(ContainerSeccomp, optional) },
    { NULL },
};
static const JsonType seccomp_extension_type = { "caisson", 0, seccomp_extension_fields };

static const JsonField seccomp_fields[] = {
    { "defaultAction", JSON_STRING, offsetof(ContainerSeccomp, default_action),
      .flags = JSON_REQUIRED },
    { "syscalls", JSON_OBJECTS, offsetof(ContainerSeccomp, rules),
      .type = &container_seccomp_rule_type },
    { "caisson", JSON_INLINE, .type = &seccomp_extension_type },
    { NULL },
};
const JsonType container_seccomp_type = { "seccomp", sizeof(ContainerSeccomp), seccomp_fields };

static const JsonField memory_policy_fields[] = {
    { "mode", JSON_STRING, offsetof(ContainerMemoryPolicy, mode), .flags = JSON_REQUIRED },
    { "nodes", JSON_STRING, offsetof(ContainerMemoryPolicy, nodes), .flags = JSON_REQUIRED },
    { NULL },
};
const JsonType container_memory_policy_type = { "memoryPolicy", sizeof(ContainerMemoryPolicy),
                                                memory_policy_fields };

static const JsonField linux_fields[] = {
    { "namespaces", JSON_OBJECTS, offsetof(ContainerLinux, namespaces),
      .type = &container_namespace_type },
    { "uidMappings", JSON_OBJECTS, offsetof(ContainerLinux, uid_mappings),
      .type = &container_id_mapping_type },
    { "gidMappings", JSON_OBJECTS, offsetof(ContainerLinux, gid_mappings),
      .type = &container_id_mapping_type },
    { "devices", JSON_OBJECTS, offsetof(ContainerLinux, devices), .type = &container_device_type },
    { "resources", JSON_OBJECT, offsetof(ContainerLinux, resources),
      .type = &container_resources_type },
    { "maskedPaths", JSON_STRINGS, offsetof(ContainerLinux, masked_paths) },
    { "readonlyPaths", JSON_STRINGS, offsetof(ContainerLinux, readonly_paths) },
    { "personality", JSON_OBJECT, offsetof(ContainerLinux, personality),
      .type = &container_personality_type },
    { "seccomp", JSON_OBJECT, offsetof(ContainerLinux, seccomp), .type = &container_seccomp_type },
    { "mountLabel", JSON_STRING, offsetof(ContainerLinux, mount_label) },
    { "memoryPolicy", JSON_OBJECT, offsetof(ContainerLinux, memory_policy),
      .type = &container_memory_policy_type },
    { NULL },
};
const JsonType container_linux_type = { "linux", sizeof(ContainerLinux), linux_fields };

static const JsonField console_fields[] = {
    { "alias", JSON_STRING, offsetof(ContainerConsole, alias), .flags = JSON_REQUIRED },
    { "logFile", JSON_STRING, offsetof(ContainerConsole, log_file) },
    { "logAppend", JSON_BOOL, offsetof(ContainerConsole, log_append) },
    { NULL },
};
const JsonType container_console_type = { "console", sizeof(ContainerConsole), console_fields };

static const JsonField host_device_fields[] = {
    { "alias", JSON_STRING, offsetof(ContainerHostDevice, alias), .flags = JSON_REQUIRED },
    { "kind", JSON_STRING, offsetof(ContainerHostDevice, kind), .flags = JSON_REQUIRED },
    { "source", JSON_STRING, offsetof(ContainerHostDevice, source) },
    { "path", JSON_STRING, offsetof(ContainerHostDevice, path) },
    { "format", JSON_STRING, offsetof(ContainerHostDevice, format) },
    { "direct", JSON_BOOL, offsetof(ContainerHostDevice, direct) },
    { "vendor", JSON_INT, offsetof(ContainerHostDevice, vendor), .absent = -1 },
    { "product", JSON_INT, offsetof(ContainerHostDevice, product), .absent = -1 },
    { "bus", JSON_INT, offsetof(ContainerHostDevice, bus), .absent = -1 },
    { "device", JSON_INT, offsetof(ContainerHostDevice, device), .absent = -1 },
    { "readonly", JSON_BOOL, offsetof(ContainerHostDevice, readonly) },
    { "optional", JSON_BOOL, offsetof(ContainerHostDevice, optional) },
    { NULL },
};
const JsonType container_host_device_type = { "host device", sizeof(ContainerHostDevice),
                                              host_device_fields };

static const JsonField extension_fields[] = {
    { "name", JSON_STRING, offsetof(ContainerExtension, name), .flags = JSON_REQUIRED },
    { "uuid", JSON_STRING, offsetof(ContainerExtension, uuid), .flags = JSON_REQUIRED },
    { "stateDirectory", JSON_STRING, offsetof(ContainerExtension, state_directory) },
    { "partition", JSON_STRING, offsetof(ContainerExtension, partition) },
    { "placement", JSON_STRING, offsetof(ContainerExtension, placement) },
    { "groupView", JSON_STRING, offsetof(ContainerExtension, group_view) },
    { "consoles", JSON_OBJECTS, offsetof(ContainerExtension, consoles),
      .type = &container_console_type },
    { "interfaces", JSON_OBJECTS, offsetof(ContainerExtension, interfaces),
      .type = &container_interface_type },
    { "user", JSON_STRING, offsetof(ContainerExtension, user) },
    { "group", JSON_STRING, offsetof(ContainerExtension, group) },
    { "view", JSON_BOOL, offsetof(ContainerExtension, view) },
    { "hostDevices", JSON_OBJECTS, offsetof(ContainerExtension, host_devices),
      .type = &container_host_device_type },
    { "reaper", JSON_BOOL, offsetof(ContainerExtension, reaper) },
    { "nesting", JSON_BOOL, offsetof(ContainerExtension, nesting) },
    { "timeNamespace", JSON_BOOL, offsetof(ContainerExtension, time_namespace) },
    { "hostNetwork", JSON_BOOL, offsetof(ContainerExtension, host_network) },
    { "paused", JSON_BOOL, offsetof(ContainerExtension, paused) },
    { "passedFds", JSON_UINT, offsetof(ContainerExtension, passed_fds) },
    { NULL },
};
const JsonType container_extension_type = { "caisson", sizeof(ContainerExtension),
                                            extension_fields };

static const JsonField container_fields[] = {
    { "ociVersion", JSON_STRING, offsetof(Container, oci_version), .flags = JSON_REQUIRED },
    { "root", JSON_OBJECT, offsetof(Container, root), .type = &container_root_type,
      .flags = JSON_REQUIRED | JSON_ALWAYS },
    { "hostname", JSON_STRING, offsetof(Container, hostname) },
    { "mounts", JSON_OBJECTS, offsetof(Container, mounts), .type = &container_mount_type },
    { "process", JSON_OBJECT, offsetof(Container, process), .type = &container_process_type,
      .flags = JSON_REQUIRED | JSON_ALWAYS },
    { "linux", JSON_OBJECT, offsetof(Container, os), .type = &container_linux_type,
      .flags = JSON_REQUIRED | JSON_ALWAYS },
    { "caisson", JSON_OBJECT, offsetof(Container, caisson), .type = &container_extension_type,
      .flags = JSON_REQUIRED | JSON_ALWAYS },
    { NULL },
};
const JsonType container_type = { "container", sizeof(Container), container_fields };

/* Readers walk lists without looking whether the document had them. */
static void
array_ensure(GPtrArray **array, const JsonType *type)
{
    if (!*array)
        *array = json_array_new(type);
}

static void
object_ensure(void *member, const JsonType *type)
{
    if (!*(void **)member)
        *(void **)member = json_new(type);
}

static void
seccomp_complete(ContainerSeccomp *seccomp)
{
    guint i;

    if (!seccomp)
        return;
    array_ensure(&seccomp->rules, &container_seccomp_rule_type);
    for (i = 0; i < seccomp->rules->len; i++) {
        ContainerSeccompRule *rule = seccomp->rules->pdata[i];

        array_ensure(&rule->args, &container_seccomp_argument_type);
    }
}

static void
complete_interface(gpointer interface, gpointer opaque)
{
    container_interface_complete(interface);
}

static void
container_complete(Container *container)
{
    ContainerResources *resources;
    ContainerLinux *os;

    object_ensure(&container->root, &container_root_type);
    object_ensure(&container->process, &container_process_type);
    object_ensure(&container->process->user, &container_user_type);
    array_ensure(&container->process->rlimits, &container_rlimit_type);
    object_ensure(&container->os, &container_linux_type);
    object_ensure(&container->caisson, &container_extension_type);

    os = container->os;
    object_ensure(&os->resources, &container_resources_type);
    resources = os->resources;
    object_ensure(&resources->memory, &container_memory_type);
    object_ensure(&resources->cpu, &container_cpu_type);
    object_ensure(&resources->pids, &container_pids_type);
    object_ensure(&resources->block_io, &container_block_io_type);

    seccomp_complete(os->seccomp);
    array_ensure(&container->mounts, &container_mount_type);
    array_ensure(&os->namespaces, &container_namespace_type);
    array_ensure(&os->uid_mappings, &container_id_mapping_type);
    array_ensure(&os->gid_mappings, &container_id_mapping_type);
    array_ensure(&os->devices, &container_device_type);
    array_ensure(&resources->devices, &container_device_rule_type);
    array_ensure(&resources->block_io->devices, &container_block_device_type);
    array_ensure(&resources->hugepage_limits, &container_hugepage_limit_type);
    if (!resources->unified)
        resources->unified = json_pairs_new();
    array_ensure(&container->caisson->consoles, &container_console_type);
    array_ensure(&container->caisson->interfaces, &container_interface_type);
    g_ptr_array_foreach(container->caisson->interfaces, complete_interface, NULL);
    array_ensure(&container->caisson->host_devices, &container_host_device_type);
}

Container *
container_new(void)
{
    Container *container = json_new(&container_type);

    container_complete(container);
    container->oci_version = g_strdup("1.2.0");
    return container;
}

void
container_free(Container *container)
{
    json_free(&container_type, container);
}

char *
container_to_json(const Container *container, bool pretty)
{
    return json_write(&container_type, container, pretty);
}

/* What a row cannot say, and what everything that follows relies on. */
static bool
container_check(const Container *container, GError **error)
{
    if (!g_str_has_prefix(container->oci_version, "1."))
        return fail(error, FAILURE_INTERNAL, "ociVersion: '%s' is not 1.x", container->oci_version);
    if (!container->process->args[0])
        return fail(error, FAILURE_INTERNAL, "process.args: empty");
    return true;
}

Container *
container_from_json(const char *text, size_t length, GError **error)
{
    g_autoptr(Container) container = json_read(&container_type, text, length, error);

    if (!container)
        return NULL;
    if (!container_check(container, error))
        return NULL;
    container_complete(container);
    return g_steal_pointer(&container);
}
