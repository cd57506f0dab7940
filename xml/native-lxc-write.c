/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes configurations of LXC, of version 3 and later. */
#include "xml/native-lxc-write.h"

#include <string.h>

#include "controller/wire/failure.h"
#include "controller/wire/shares.h"
#include "xml/native-formats.h"
#include "xml/native-losses.h"
#include "xml/native-words.h"

#define KIB 1024

void
lxc_put(LxcText *text, const char *key, const char *value)
{
    size_t length = strlen(value);
    bool quotes;

    if (strpbrk(value, "\r\n")) {
        native_ignore(text->report, "%s, whose value has several lines", key);
        return;
    }
    /* LXC takes off blanks at the ends, and one pair of quotes */
    quotes = length == 0 || g_ascii_isspace(value[0]) || g_ascii_isspace(value[length - 1]) ||
             ((value[0] == '"' || value[0] == '\'') && value[length - 1] == value[0]);
    g_string_append_printf(text->text, "%s = %s%s%s\n", key, quotes ? "\"" : "", value,
                           quotes ? "\"" : "");
}

void
lxc_put_number(LxcText *text, const char *key, uint64_t number)
{
    g_string_append_printf(text->text, "%s = %" G_GUINT64_FORMAT "\n", key, number);
}

static void
write_init(LxcText *text)
{
    const Os *os = &text->definition->os;
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_autofree char *command = NULL;
    guint i;

    g_ptr_array_add(words, os->init ? os->init : (char *)OS_INIT);
    for (i = 0; i < os->init_args->len; i++)
        g_ptr_array_add(words, os->init_args->pdata[i]);
    g_ptr_array_add(words, NULL);
    command = words_join((const char *const *)words->pdata);
    lxc_put(text, "lxc.init.cmd", command);
    if (os->init_dir)
        lxc_put(text, "lxc.init.cwd", os->init_dir);
    for (i = 0; i < os->init_env->len; i++) {
        const OsVariable *variable = os->init_env->pdata[i];
        g_autofree char *assignment = g_strconcat(variable->name, "=", variable->value, NULL);

        lxc_put(text, "lxc.environment", assignment);
    }
}

/* The number in @value; 0, LXC's own default, for a name, which only the container knows. */
static uint64_t
id_number(LxcText *text, const char *element, const char *value)
{
    uint64_t id = 0;

    if (value && !g_ascii_string_to_unsigned(value[0] == '+' ? value + 1 : value, 10, 0, UINT32_MAX,
                                             &id, NULL))
        native_ignore(text->report, "<%s> '%s', which is no number", element, value);
    return id;
}

static void
write_user(LxcText *text, const Os *os)
{
    if (!os->init_user && !os->init_group)
        return;
    lxc_put_number(text, "lxc.init.uid", id_number(text, "inituser", os->init_user));
    lxc_put_number(text, "lxc.init.gid", id_number(text, "initgroup", os->init_group));
}

static void
write_map(LxcText *text, const GPtrArray *map, char kind)
{
    guint i;

    for (i = 0; i < map->len; i++) {
        const IdMapEntry *entry = map->pdata[i];

        g_string_append_printf(text->text,
                               "lxc.idmap = %c %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
                               " %" G_GUINT64_FORMAT "\n",
                               kind, entry->start, entry->target, entry->count);
    }
}

/* Policy 'deny' is a list of what is kept; the others are a list of what is not. */
static void
write_capabilities(LxcText *text)
{
    const Capabilities *capabilities = &text->definition->features.capabilities;
    bool deny = capabilities->policy == CAPABILITY_POLICY_DENY;
    g_autoptr(GString) names = g_string_new(NULL);
    unsigned i;

    for (i = 0; i < CAPABILITY_COUNT; i++) {
        if (capabilities_keep(capabilities, i) != deny)
            continue;
        g_string_append_printf(names, "%s%s", names->len > 0 ? " " : "",
                               capabilities_known[i].name);
    }
    if (deny && names->len == 0)
        g_string_append(names, "none");
    if (names->len > 0)
        lxc_put(text, deny ? "lxc.cap.keep" : "lxc.cap.drop", names->str);
}

static void
write_root(LxcText *text, const Filesystem *filesystem)
{
    const char *prefix = "dir:";
    g_autofree char *path = NULL;

    if (filesystem->type == FILESYSTEM_FILE)
        prefix = "loop:";
    else if (filesystem->type == FILESYSTEM_BLOCK)
        prefix = "";
    else if (filesystem->type != FILESYSTEM_MOUNT) {
        native_ignore(text->report, "<filesystem type='%s'> with target '/'",
                      filesystem_type_name(filesystem->type));
        return;
    }
    path = g_strconcat(prefix, filesystem->source, NULL);
    lxc_put(text, "lxc.rootfs.path", path);
    if (filesystem->readonly)
        lxc_put(text, "lxc.rootfs.options", "ro");
}

/* fstab(5): blanks and backslashes in octal. */
static void
field_append(GString *line, const char *field)
{
    for (; *field; field++) {
        if (strchr(" \t\n\\", *field))
            g_string_append_printf(line, "\\%03o", *field);
        else
            g_string_append_c(line, *field);
    }
    g_string_append_c(line, ' ');
}

static void
write_mount(LxcText *text, const Filesystem *filesystem)
{
    const char *readonly = filesystem->readonly ? ",ro" : "";
    const char *target = filesystem->target;
    g_autoptr(GString) line = g_string_new(NULL);

    /* below the root, whatever that is on the host */
    while (target[0] == '/')
        target++;
    switch (filesystem->type) {
    case FILESYSTEM_MOUNT:
        field_append(line, filesystem->source);
        field_append(line, target);
        g_string_append_printf(line, "none rbind,create=dir%s 0 0", readonly);
        break;
    case FILESYSTEM_BLOCK:
        field_append(line, filesystem->source);
        field_append(line, target);
        g_string_append_printf(line, "auto defaults,create=dir%s 0 0", readonly);
        break;
    case FILESYSTEM_RAM:
        field_append(line, "tmpfs");
        field_append(line, target);
        g_string_append_printf(line,
                               "tmpfs nosuid,nodev,create=dir,size=%" G_GUINT64_FORMAT "%s 0 0",
                               filesystem->ram_usage, readonly);
        break;
    default:
        native_ignore(text->report, "<filesystem type='%s'> with target '%s'",
                      filesystem_type_name(filesystem->type), filesystem->target);
        return;
    }
    lxc_put(text, "lxc.mount.entry", line->str);
}

static void
write_filesystems(LxcText *text)
{
    const GPtrArray *filesystems = text->definition->filesystems;
    const Filesystem *root = NULL;
    guint i;

    for (i = 0; i < filesystems->len && !root; i++) {
        const Filesystem *filesystem = filesystems->pdata[i];

        if (g_str_equal(filesystem->target, "/"))
            root = filesystem;
    }
    if (root)
        write_root(text, root);
    else
        lxc_put(text, "lxc.rootfs.path", "dir:/");
    for (i = 0; i < filesystems->len; i++) {
        if (filesystems->pdata[i] != root)
            write_mount(text, filesystems->pdata[i]);
    }
}

/* Both cgroup versions: LXC takes the lines of the one the host has. */
static void
write_memory(LxcText *text)
{
    const Definition *definition = text->definition;
    const MemoryTuning *tuning = &definition->memory_tuning;
    uint64_t limit =
        tuning->hard_limit != TUNING_UNLIMITED ? tuning->hard_limit : definition->memory;

    lxc_put_number(text, "lxc.cgroup.memory.limit_in_bytes", limit * KIB);
    lxc_put_number(text, "lxc.cgroup2.memory.max", limit * KIB);
    if (tuning->soft_limit != TUNING_UNLIMITED) {
        lxc_put_number(text, "lxc.cgroup.memory.soft_limit_in_bytes", tuning->soft_limit * KIB);
        lxc_put_number(text, "lxc.cgroup2.memory.low", tuning->soft_limit * KIB);
    }
    if (tuning->swap_hard_limit != TUNING_UNLIMITED) {
        uint64_t swap = tuning->swap_hard_limit > limit ? tuning->swap_hard_limit - limit : 0;

        lxc_put_number(text, "lxc.cgroup.memory.memsw.limit_in_bytes",
                       tuning->swap_hard_limit * KIB);
        lxc_put_number(text, "lxc.cgroup2.memory.swap.max", swap * KIB);
    }
}

static void
write_cpu_bandwidth(LxcText *text, const CpuTuning *tuning)
{
    g_autofree char *quota = g_strdup_printf("%" G_GINT64_FORMAT, tuning->quota);
    g_autofree char *both = NULL;

    if (tuning->quota != 0)
        lxc_put(text, "lxc.cgroup.cpu.cfs_quota_us", quota);
    if (tuning->period != 0)
        lxc_put_number(text, "lxc.cgroup.cpu.cfs_period_us", tuning->period);
    if (tuning->quota == 0 && tuning->period == 0)
        return;
    both = g_strdup_printf("%s %" G_GUINT64_FORMAT, tuning->quota > 0 ? quota : "max",
                           tuning->period != 0 ? tuning->period : UINT64_C(100000));
    lxc_put(text, "lxc.cgroup2.cpu.max", both);
}

static void
write_cpu(LxcText *text)
{
    const Definition *definition = text->definition;
    const CpuTuning *tuning = &definition->cpu_tuning;
    g_autoptr(GPtrArray) view = definition_view(definition);
    guint i;

    if (tuning->shares != UINT64_MAX) {
        lxc_put_number(text, "lxc.cgroup.cpu.shares", tuning->shares);
        lxc_put_number(text, "lxc.cgroup2.cpu.weight", weight_of_shares(tuning->shares));
    }
    write_cpu_bandwidth(text, tuning);
    if (definition->cpuset && !definition->vcpu_placement_auto) {
        lxc_put(text, "lxc.cgroup.cpuset.cpus", definition->cpuset);
        lxc_put(text, "lxc.cgroup2.cpuset.cpus", definition->cpuset);
    }
    for (i = 0; i < view->len; i++) {
        const Kept *kept = view->pdata[i];
        const Kept *memory =
            g_str_equal(kept->name, "numatune") ? kept_child(kept, "memory") : NULL;
        const char *nodes = memory ? kept_attribute(memory, "nodeset") : NULL;

        if (!nodes)
            continue;
        lxc_put(text, "lxc.cgroup.cpuset.mems", nodes);
        lxc_put(text, "lxc.cgroup2.cpuset.mems", nodes);
    }
}

static void
write_share(LxcText *text, const char *key, const NamespaceShare *share)
{
    g_autofree char *path = NULL;

    if (share->source == NAMESPACE_NONE || !share->value)
        return;
    if (share->source == NAMESPACE_NETNS)
        path = g_strconcat("/run/netns/", share->value, NULL);
    lxc_put(text, key, path ? path : share->value);
}

char *
native_lxc_write(const Definition *definition, const char *arch, NativeReport *report,
                 GError **error)
{
    static const char *const carried[] = { "interface", "numatune",      "blkiotune",
                                           "hostdev",   "lxc:namespace", "caisson:container",
                                           NULL };
    LxcText text = { definition, report, g_string_new(NULL) };

    losses_report(definition, carried, report);
    lxc_put(&text, "lxc.uts.name", definition->name);
    if (definition->os.arch)
        lxc_put(&text, "lxc.arch", definition->os.arch);
    write_filesystems(&text);
    write_init(&text);
    write_user(&text, &definition->os);
    lxc_put_number(&text, "lxc.tty.max", MAX(definition->consoles->len, 1));
    write_map(&text, definition->uid_map, 'u');
    write_map(&text, definition->gid_map, 'g');
    write_capabilities(&text);
    write_memory(&text);
    write_cpu(&text);
    lxc_write_block(&text);
    lxc_write_caisson(&text);
    write_share(&text, "lxc.namespace.share.net", &definition->sharing.net);
    write_share(&text, "lxc.namespace.share.ipc", &definition->sharing.ipc);
    write_share(&text, "lxc.namespace.share.uts", &definition->sharing.uts);
    lxc_write_networks(&text);
    return g_string_free(text.text, FALSE);
}
