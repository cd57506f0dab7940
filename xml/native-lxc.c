/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads configurations of LXC, of version 3 and later and with the older keys. As in LXC, the last
 * line of a key counts unless the key adds to a list, and an empty value takes back what was said
 * before.
 */
#include "xml/native-lxc.h"

#include <string.h>

#include "controller/wire/failure.h"
#include "xml/native-formats.h"
#include "xml/native-words.h"

#define TTYS_MAX 256

typedef bool (*LxcRead)(LxcConfig *config, const LxcLine *line, GError **error);

typedef struct {
    const char *key;
    const char *other; /* of older versions, or of the other cgroup version */
    LxcRead read;      /* NULL: a scalar */
    LxcScalar scalar;
} LxcKey;

bool
lxc_bad(const LxcLine *line, const char *remedy, GError **error)
{
    return fail(error, FAILURE_INVALID_ARG, "line %u, '%.64s = %.64s': %s", line->number, line->key,
                line->value, remedy);
}

static bool
read_include(LxcConfig *config, const LxcLine *line, GError **error)
{
    return fail(error, FAILURE_ARGUMENT_UNSUPPORTED,
                "line %u, 'lxc.include = %.128s': other files are not read; put the lines of that "
                "file in its place",
                line->number, line->value);
}

static bool
read_fstab(LxcConfig *config, const LxcLine *line, GError **error)
{
    if (line->value[0] == '\0')
        return true;
    return fail(error, FAILURE_ARGUMENT_UNSUPPORTED,
                "line %u, '%s = %.128s': other files are not read; give each of its lines as "
                "lxc.mount.entry",
                line->number, line->key, line->value);
}

static bool
read_mount(LxcConfig *config, const LxcLine *line, GError **error)
{
    if (line->value[0] == '\0')
        g_ptr_array_set_size(config->mounts, 0);
    else
        g_ptr_array_add(config->mounts, (gpointer)line);
    return true;
}

static bool
read_variable(LxcConfig *config, const LxcLine *line, GError **error)
{
    if (line->value[0] == '\0')
        g_ptr_array_set_size(config->definition->os.init_env, 0);
    else
        build_variable(config->definition, line->value, config->report);
    return true;
}

static void
capabilities_mark(LxcConfig *config, const LxcLine *line)
{
    g_auto(GStrv) names = g_strsplit_set(line->value, " \t", -1);
    size_t i;

    for (i = 0; names[i]; i++) {
        int index = build_capability_index(names[i]);

        if (index >= 0)
            config->capabilities[index] = true;
        else if (names[i][0] != '\0' && !g_str_equal(names[i], "none"))
            native_ignore(config->report, "capability '%s' (line %u)", names[i], line->number);
    }
}

/* A line of lxc.cap.drop or, with @other the flag of the former, of lxc.cap.keep. */
static bool
capabilities_read(LxcConfig *config, const LxcLine *line, bool *said, bool other, GError **error)
{
    if (line->value[0] == '\0') {
        *said = false;
        if (!other)
            memset(config->capabilities, 0, sizeof(config->capabilities));
        return true;
    }
    if (other)
        return lxc_bad(line, "lxc.cap.drop and lxc.cap.keep cannot be used together; remove one",
                       error);
    *said = true;
    capabilities_mark(config, line);
    return true;
}

static bool
read_drop(LxcConfig *config, const LxcLine *line, GError **error)
{
    return capabilities_read(config, line, &config->drops, config->keeps, error);
}

static bool
read_keep(LxcConfig *config, const LxcLine *line, GError **error)
{
    return capabilities_read(config, line, &config->keeps, config->drops, error);
}

static bool
read_id(const char *text, uint64_t *ret_id)
{
    return g_ascii_string_to_unsigned(text, 10, 0, UINT32_MAX, ret_id, NULL);
}

/* "u 0 100000 65536": which ids, the first in the container, the first on the host, how many. */
static bool
read_id_map(LxcConfig *config, const LxcLine *line, GError **error)
{
    static const char remedy[] =
        "'u' or 'g', the first id in the container, the first on the host and the number of ids "
        "are needed, such as 'u 0 100000 65536'";
    Definition *definition = config->definition;
    g_auto(GStrv) words = words_split(line->value, error);
    IdMapEntry range;
    const char *kind;

    if (!words)
        return false;
    if (!words[0]) {
        g_ptr_array_set_size(definition->uid_map, 0);
        g_ptr_array_set_size(definition->gid_map, 0);
        return true;
    }
    kind = words[0];
    if (g_strv_length(words) != 4 || !read_id(words[1], &range.start) ||
        !read_id(words[2], &range.target) || !read_id(words[3], &range.count) ||
        !(g_str_equal(kind, "u") || g_str_equal(kind, "g") || g_str_equal(kind, "b")))
        return lxc_bad(line, remedy, error);
    if (*kind != 'g')
        build_id_range(definition->uid_map, &range);
    if (*kind != 'u')
        build_id_range(definition->gid_map, &range);
    return true;
}

#define SCALAR(key, other, scalar)     \
    {                                  \
        key, other, NULL, LXC_##scalar \
    }
#define CGROUP(v1, v2, scalar)                                  \
    {                                                           \
        "lxc.cgroup." v1, "lxc.cgroup2." v2, NULL, LXC_##scalar \
    }
#define BLOCK(name)                                    \
    {                                                  \
        "lxc.cgroup.blkio." name, NULL, lxc_block_read \
    }

static const LxcKey keys[] = {
    SCALAR("lxc.uts.name", "lxc.utsname", NAME),
    SCALAR("lxc.arch", NULL, ARCH),
    SCALAR("lxc.rootfs.path", "lxc.rootfs", ROOT),
    SCALAR("lxc.rootfs.options", NULL, ROOT_OPTIONS),
    SCALAR("lxc.tty.max", "lxc.tty", TTYS),
    SCALAR("lxc.autodev", NULL, AUTODEV),
    SCALAR("lxc.init.cmd", "lxc.init_cmd", INIT_COMMAND),
    SCALAR("lxc.init.uid", "lxc.init_uid", INIT_USER),
    SCALAR("lxc.init.gid", "lxc.init_gid", INIT_GROUP),
    SCALAR("lxc.init.cwd", NULL, INIT_DIRECTORY),
    SCALAR("lxc.namespace.share.net", NULL, SHARE_NET),
    SCALAR("lxc.namespace.share.ipc", NULL, SHARE_IPC),
    SCALAR("lxc.namespace.share.uts", NULL, SHARE_UTS),
    CGROUP("memory.limit_in_bytes", "memory.max", MEMORY_LIMIT),
    SCALAR("lxc.cgroup.memory.soft_limit_in_bytes", NULL, MEMORY_SOFT),
    SCALAR("lxc.cgroup2.memory.low", NULL, MEMORY_LOW),
    SCALAR("lxc.cgroup.memory.memsw.limit_in_bytes", NULL, MEMORY_MEMSW),
    SCALAR("lxc.cgroup2.memory.swap.max", NULL, MEMORY_SWAP),
    SCALAR("lxc.cgroup.cpu.shares", NULL, CPU_SHARES),
    SCALAR("lxc.cgroup2.cpu.weight", NULL, CPU_WEIGHT),
    SCALAR("lxc.cgroup.cpu.cfs_quota_us", NULL, CPU_QUOTA),
    SCALAR("lxc.cgroup.cpu.cfs_period_us", NULL, CPU_PERIOD),
    SCALAR("lxc.cgroup2.cpu.max", NULL, CPU_MAX),
    CGROUP("cpuset.cpus", "cpuset.cpus", CPUS),
    CGROUP("cpuset.mems", "cpuset.mems", NODES),
    SCALAR("lxc.cgroup.blkio.weight", "lxc.cgroup.blkio.bfq.weight", BLOCK_WEIGHT),
    BLOCK("device_weight"),
    BLOCK("weight_device"),
    BLOCK("throttle.read_bps_device"),
    BLOCK("throttle.write_bps_device"),
    BLOCK("throttle.read_iops_device"),
    BLOCK("throttle.write_iops_device"),
    { "lxc.cgroup2.io.weight", "lxc.cgroup2.io.bfq.weight", lxc_block_read },
    { "lxc.cgroup2.io.max", NULL, lxc_block_read },
    CGROUP("pids.max", "pids.max", PIDS),
    SCALAR("lxc.no_new_privs", NULL, NO_NEW_PRIVILEGES),
    SCALAR("lxc.proc.oom_score_adj", NULL, OOM_SCORE),
    { "lxc.mount.entry", NULL, read_mount },
    { "lxc.mount.fstab", "lxc.mount", read_fstab },
    { "lxc.include", NULL, read_include },
    { "lxc.idmap", "lxc.id_map", read_id_map },
    { "lxc.cap.drop", NULL, read_drop },
    { "lxc.cap.keep", NULL, read_keep },
    { "lxc.environment", NULL, read_variable },
    { "lxc.net", "lxc.network", lxc_network_read },
    { NULL },
};

static bool
key_is_network(const char *key)
{
    return g_str_has_prefix(key, "lxc.net.") || g_str_has_prefix(key, "lxc.network.");
}

static bool
line_read(LxcConfig *config, const LxcLine *line, GError **error)
{
    const LxcKey *key;
    bool known;

    if (key_is_network(line->key))
        return lxc_network_read(config, line, error);
    for (key = keys; key->key; key++) {
        if (!g_str_equal(key->key, line->key) && g_strcmp0(key->other, line->key) != 0)
            continue;
        if (key->read)
            return key->read(config, line, error);
        config->scalars[key->scalar] = line->value[0] != '\0' ? line : NULL;
        return true;
    }
    if (!lxc_caisson_read(config, line, &known, error))
        return false;
    if (!known && line->value[0] != '\0')
        native_ignore(config->report, "%s (line %u)", line->key, line->number);
    return true;
}

static void
line_free(void *data)
{
    LxcLine *line = data;

    g_free(line->key);
    g_free(line->value);
    g_free(line);
}

/* LXC takes a value in quotes without them. */
static char *
value_unquote(char *value)
{
    size_t length = strlen(value);

    if (length >= 2 && (value[0] == '"' || value[0] == '\'') && value[length - 1] == value[0]) {
        value[length - 1] = '\0';
        value++;
    }
    return g_strdup(value);
}

/* One line of the file; *ret_line stays NULL for one that says nothing. */
static bool
line_parse(char *text, unsigned number, LxcLine **ret_line, GError **error)
{
    char *equals;
    size_t length;

    g_strstrip(text);
    if (text[0] == '\0' || text[0] == '#')
        return true;
    if (!(equals = strchr(text, '=')))
        return fail(error, FAILURE_INVALID_ARG, "line %u, '%.64s': 'key = value' is needed", number,
                    text);
    *equals = '\0';
    g_strchomp(text);
    length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/");
    if (length == 0 || text[length] != '\0')
        return fail(error, FAILURE_INVALID_ARG,
                    "line %u, '%.64s': a key has letters, digits, '_', '-', '/' and '.' only",
                    number, text);
    *ret_line = g_new0(LxcLine, 1);
    (*ret_line)->key = g_strdup(text);
    (*ret_line)->value = value_unquote(g_strchug(equals + 1));
    (*ret_line)->number = number;
    return true;
}

static GPtrArray *
lines_parse(const char *text, GError **error)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(line_free);
    g_auto(GStrv) texts = g_strsplit(text, "\n", -1);
    unsigned i;

    for (i = 0; texts[i]; i++) {
        LxcLine *line = NULL;

        if (!line_parse(texts[i], i + 1, &line, error))
            return NULL;
        if (line)
            g_ptr_array_add(lines, line);
    }
    return g_steal_pointer(&lines);
}

/* LXC's words for architectures that libvirt calls otherwise; the rest are the same. */
static const struct {
    const char *lxc;
    const char *libvirt;
} archs[] = {
    { "x86", "i686" },        { "i386", "i686" },         { "i486", "i686" },
    { "i586", "i686" },       { "i686", "i686" },         { "amd64", "x86_64" },
    { "x86_64", "x86_64" },   { "armhf", "armv7l" },      { "armv7l", "armv7l" },
    { "armv6l", "armv6l" },   { "arm64", "aarch64" },     { "aarch64", "aarch64" },
    { "powerpc", "ppc" },     { "ppc", "ppc" },           { "ppc64", "ppc64" },
    { "ppc64el", "ppc64le" }, { "ppc64le", "ppc64le" },   { "s390", "s390" },
    { "s390x", "s390x" },     { "mips", "mips" },         { "mipsel", "mipsel" },
    { "mips64", "mips64" },   { "mips64el", "mips64el" }, { "sparc", "sparc" },
    { "sparc64", "sparc64" }, { "riscv64", "riscv64" },   { "loongarch64", "loongarch64" },
};

static void
finish_arch(LxcConfig *config)
{
    const LxcLine *line = config->scalars[LXC_ARCH];
    size_t i;

    for (i = 0; line && i < G_N_ELEMENTS(archs); i++) {
        if (g_str_equal(archs[i].lxc, line->value)) {
            build_set(&config->definition->os.arch, archs[i].libvirt);
            return;
        }
    }
    if (line)
        native_ignore(config->report, "architecture '%s' (line %u)", line->value, line->number);
}

static bool
finish_name(LxcConfig *config, GError **error)
{
    const LxcLine *line = config->scalars[LXC_NAME];

    if (!line)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "lxc.uts.name (lxc.utsname in older files) is missing; it becomes the name of "
                    "the domain");
    build_set(&config->definition->name, line->value);
    return true;
}

/* The kernel's own ids count, even where the container has a user of that name. */
static bool
finish_user(const LxcLine *line, char **member, GError **error)
{
    uint64_t id;

    if (!line)
        return true;
    if (!read_id(line->value, &id))
        return lxc_bad(line, "a number is needed", error);
    g_free(*member);
    *member = g_strdup_printf("+%" G_GUINT64_FORMAT, id);
    return true;
}

static bool
finish_init(LxcConfig *config, GError **error)
{
    const LxcLine *command = config->scalars[LXC_INIT_COMMAND];
    const LxcLine *user = config->scalars[LXC_INIT_USER];
    const LxcLine *group = config->scalars[LXC_INIT_GROUP];
    const LxcLine *directory = config->scalars[LXC_INIT_DIRECTORY];
    Os *os = &config->definition->os;

    if (command) {
        g_auto(GStrv) words = words_split(command->value, error);

        if (!words || !words[0] || words[0][0] != '/')
            return words ? lxc_bad(command, "an absolute path is needed", error) : false;
        if (!build_init(os, (const char *const *)words, error))
            return false;
    }
    if (directory)
        build_set(&os->init_dir, directory->value);
    if (!finish_user(user, &os->init_user, error) || !finish_user(group, &os->init_group, error))
        return false;
    /* one without the other is root's in both worlds, but is no valid domain for every libvirt */
    if (user && !group)
        build_set(&os->init_group, "+0");
    if (group && !user)
        build_set(&os->init_user, "+0");
    return true;
}

/* LXC has a console beside its ttys; the first of ours is both. */
static bool
finish_consoles(LxcConfig *config, GError **error)
{
    const LxcLine *line = config->scalars[LXC_TTYS];
    uint64_t count = 0;

    if (line && !g_ascii_string_to_unsigned(line->value, 10, 0, TTYS_MAX, &count, NULL))
        return lxc_bad(line, "a number from 0 to 256 is needed", error);
    build_consoles(config->definition, MAX((guint)count, 1));
    return true;
}

static void
finish_capabilities(LxcConfig *config)
{
    Capabilities *capabilities = &config->definition->features.capabilities;
    unsigned i;

    capabilities->policy = config->keeps ? CAPABILITY_POLICY_DENY : CAPABILITY_POLICY_ALLOW;
    for (i = 0; i < CAPABILITY_COUNT; i++) {
        if (config->capabilities[i])
            capabilities->states[i] = config->keeps ? CAPABILITY_ON : CAPABILITY_OFF;
    }
}

/* A process of the host, a file of ip-netns(8), or another container. */
static void
finish_share(LxcConfig *config, const LxcLine *line, NamespaceShare *share)
{
    const char *value = line ? line->value : NULL;
    uint64_t pid;

    if (!line)
        return;
    if (g_ascii_string_to_unsigned(value, 10, 1, INT32_MAX, &pid, NULL)) {
        share->source = NAMESPACE_PID;
    } else if (g_str_has_prefix(value, "/run/netns/") ||
               g_str_has_prefix(value, "/var/run/netns/")) {
        share->source = NAMESPACE_NETNS;
        value = strrchr(value, '/') + 1;
    } else if (!strchr(value, '/')) {
        share->source = NAMESPACE_NAME;
    } else {
        native_ignore(config->report, "%s (line %u)", line->key, line->number);
        return;
    }
    build_set(&share->value, value);
}

static bool
config_finish(LxcConfig *config, GError **error)
{
    NamespaceSharing *sharing = &config->definition->sharing;
    const LxcLine *autodev = config->scalars[LXC_AUTODEV];

    finish_arch(config);
    if (!finish_name(config, error) || !lxc_mounts_finish(config, error) ||
        !finish_init(config, error) || !finish_consoles(config, error) ||
        !lxc_limits_finish(config, error) || !lxc_caisson_finish(config, error))
        return false;
    finish_capabilities(config);
    finish_share(config, config->scalars[LXC_SHARE_NET], &sharing->net);
    finish_share(config, config->scalars[LXC_SHARE_IPC], &sharing->ipc);
    finish_share(config, config->scalars[LXC_SHARE_UTS], &sharing->uts);
    if (autodev && !g_str_equal(autodev->value, "1"))
        native_ignore(config->report, "lxc.autodev (line %u)", autodev->number);
    return lxc_network_finish(config, error);
}

bool
native_lxc_read(const char *text, const char *arch, Definition *definition, NativeReport *report,
                GError **error)
{
    g_autoptr(GPtrArray) lines = lines_parse(text, error);
    g_autoptr(GPtrArray) mounts = g_ptr_array_new();
    g_autoptr(GPtrArray) networks = lxc_networks_new();
    g_autoptr(GHashTable) indexes = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) devices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    LxcConfig config = {
        .definition = definition,
        .report = report,
        .mounts = mounts,
        .networks = networks,
        .network_indexes = indexes,
        .block_devices = devices,
    };
    guint i;

    for (i = 0; lines && i < lines->len; i++) {
        if (!line_read(&config, lines->pdata[i], error))
            return false;
    }
    return lines && config_finish(&config, error);
}
