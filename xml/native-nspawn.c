/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads .nspawn files of systemd-nspawn(1). Such a file does not say what the container is called
 * or where its root is: the name is that of Hostname=, and the root is where machines are.
 */
#include "xml/native-nspawn.h"

#include <string.h>

#include "controller/wire/failure.h"
#include "xml/cpulist.h"
#include "xml/native-formats.h"
#include "xml/native-words.h"
#include "xml/uuid.h"

#define NSPAWN_MEMORY_DEFAULT (UINT64_C(1024) * 1024 * 1024)
#define ID_RANGE              65536

bool
nspawn_bad(const NspawnLine *line, const char *remedy, GError **error)
{
    return fail(error, FAILURE_INVALID_ARG, "line %u, '%.64s=%.64s': %s", line->number, line->key,
                line->value, remedy);
}

static bool
line_is(const NspawnLine *line, const char *section, const char *key)
{
    return g_str_equal(line->section, section) && g_str_equal(line->key, key);
}

const NspawnLine *
nspawn_last(const NspawnFile *file, const char *section, const char *key)
{
    guint i;

    for (i = file->lines->len; i > 0; i--) {
        const NspawnLine *line = file->lines->pdata[i - 1];

        if (line_is(line, section, key))
            return line->value[0] != '\0' ? line : NULL;
    }
    return NULL;
}

bool
nspawn_each(const NspawnFile *file, const char *section, const char *key, NspawnRead read,
            GError **error)
{
    guint first = 0;
    guint i;

    for (i = 0; i < file->lines->len; i++) {
        const NspawnLine *line = file->lines->pdata[i];

        if (line_is(line, section, key) && line->value[0] == '\0')
            first = i + 1;
    }
    for (i = first; i < file->lines->len; i++) {
        const NspawnLine *line = file->lines->pdata[i];

        if (line_is(line, section, key) && !read(file, line, error))
            return false;
    }
    return true;
}

static bool
is_one_of(const char *value, const char *const *words)
{
    size_t i;

    for (i = 0; words[i]; i++) {
        if (g_ascii_strcasecmp(words[i], value) == 0)
            return true;
    }
    return false;
}

bool
nspawn_bool(const NspawnFile *file, const char *section, const char *key, bool *ret_value,
            GError **error)
{
    static const char *const yes[] = { "1", "yes", "y", "true", "t", "on", NULL };
    static const char *const no[] = { "0", "no", "n", "false", "f", "off", NULL };
    const NspawnLine *line = nspawn_last(file, section, key);

    if (!line)
        return true;
    if (!is_one_of(line->value, yes) && !is_one_of(line->value, no))
        return nspawn_bad(line, "'yes' or 'no' is needed", error);
    *ret_value = is_one_of(line->value, yes);
    return true;
}

/* [Exec] */

/* init of a booted machine gets Parameters= as arguments; else they are the command. */
static bool
read_command(const NspawnFile *file, GError **error)
{
    const NspawnLine *line = nspawn_last(file, "Exec", "Parameters");
    const NspawnLine *boots = nspawn_last(file, "Exec", "Boot");
    g_auto(GStrv) words = NULL;
    g_autoptr(GPtrArray) command = g_ptr_array_new();
    bool boot = !line;
    size_t i;

    if (!nspawn_bool(file, "Exec", "Boot", &boot, error) ||
        (line && !(words = words_split(line->value, error))))
        return false;
    if (line && !boots)
        native_note(file->report, "Boot= is not said, so Parameters= is the command");
    if (!boot && (!words || !words[0]))
        g_ptr_array_add(command, (gpointer) "/bin/sh");
    else if (boot)
        g_ptr_array_add(command, (gpointer) "/sbin/init");
    for (i = 0; words && words[i]; i++)
        g_ptr_array_add(command, words[i]);
    g_ptr_array_add(command, NULL);
    if (((const char *)command->pdata[0])[0] != '/')
        return nspawn_bad(line, "the command must be an absolute path", error);
    return build_init(&file->definition->os, (const char *const *)command->pdata, error);
}

static bool
read_variables(const NspawnFile *file, const NspawnLine *line, GError **error)
{
    g_auto(GStrv) words = words_split(line->value, error);
    size_t i;

    for (i = 0; words && words[i]; i++)
        build_variable(file->definition, words[i], file->report);
    return words != NULL;
}

/* What a container of nspawn keeps when nothing else is said; systemd.nspawn(5). */
static const char *const kept_capabilities[] = {
    "audit_control",
    "audit_write",
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "ipc_owner",
    "kill",
    "lease",
    "linux_immutable",
    "mknod",
    "net_bind_service",
    "net_broadcast",
    "net_raw",
    "setfcap",
    "setgid",
    "setpcap",
    "setuid",
    "sys_admin",
    "sys_boot",
    "sys_chroot",
    "sys_nice",
    "sys_ptrace",
    "sys_resource",
    "sys_tty_config",
};

/* Sets @keep for every capability that the lines of @key name. */
static bool
mark_capabilities(const NspawnFile *file, const char *key, bool value, bool *keep)
{
    bool said = false;
    guint i;
    size_t k;

    for (i = 0; i < file->lines->len; i++) {
        const NspawnLine *line = file->lines->pdata[i];
        g_auto(GStrv) words = NULL;

        if (!line_is(line, "Exec", key))
            continue;
        said = true;
        words = g_strsplit_set(line->value, " \t", -1);
        for (k = 0; words[k]; k++) {
            int index = build_capability_index(words[k]);
            bool all = g_str_equal(words[k], "all");
            int at;

            for (at = 0; all && at < CAPABILITY_COUNT; at++)
                keep[at] = value;
            if (index >= 0)
                keep[index] = value;
            else if (!all && words[k][0] != '\0')
                native_ignore(file->report, "capability '%s' (line %u)", words[k], line->number);
        }
    }
    return said;
}

static bool
read_capabilities(const NspawnFile *file, GError **error)
{
    bool keep[CAPABILITY_COUNT] = { false };
    bool private = false;
    bool said;
    size_t i;

    if (!nspawn_bool(file, "Network", "Private", &private, error))
        return false;
    for (i = 0; i < G_N_ELEMENTS(kept_capabilities); i++)
        keep[build_capability_index(kept_capabilities[i])] = true;
    if (private || file->definition->features.privnet || file->definition->kept->len > 0)
        keep[build_capability_index("net_admin")] = true;
    said = mark_capabilities(file, "Capability", true, keep);
    said |= mark_capabilities(file, "DropCapability", false, keep);
    if (said)
        build_capabilities(&file->definition->features.capabilities, keep);
    return true;
}

/* "1000000", "1000000:65536", yes, no, identity or pick */
static bool
read_private_users(const NspawnFile *file, GError **error)
{
    const NspawnLine *line = nspawn_last(file, "Exec", "PrivateUsers");
    static const char *const no[] = { "0", "no", "n", "false", "f", "off", NULL };
    static const char *const found[] = { "1", "yes", "y", "true", "t", "on", "pick", NULL };
    g_auto(GStrv) parts = line ? g_strsplit(line->value, ":", 3) : NULL;
    IdMapEntry range = { .count = ID_RANGE };

    if (!line || is_one_of(line->value, no))
        return true;
    if (is_one_of(line->value, found)) {
        native_note(file->report,
                    "PrivateUsers=%s (line %u) lets systemd choose the ids: without numbers there "
                    "is no user namespace",
                    line->value, line->number);
        return true;
    }
    if (!g_str_equal(line->value, "identity") &&
        (!g_ascii_string_to_unsigned(parts[0], 10, 0, UINT32_MAX, &range.target, NULL) ||
         (parts[1] &&
          !g_ascii_string_to_unsigned(parts[1], 10, 1, UINT32_MAX, &range.count, NULL)) ||
         (parts[1] && parts[2])))
        return nspawn_bad(line,
                          "'no', 'identity', or the first id and the number of ids such as "
                          "'1000000:65536' are needed",
                          error);
    build_id_range(file->definition->uid_map, &range);
    build_id_range(file->definition->gid_map, &range);
    return true;
}

static bool
read_machine_id(const NspawnFile *file, GError **error)
{
    const NspawnLine *line = nspawn_last(file, "Exec", "MachineID");
    g_autofree char *uuid = line ? uuid_canonical(line->value) : NULL;

    if (line && !uuid)
        return nspawn_bad(line, "32 hexadecimal digits are needed", error);
    if (line)
        build_set(&file->definition->uuid, uuid);
    return true;
}

static void
read_personality(const NspawnFile *file)
{
    static const struct {
        const char *systemd;
        const char *libvirt;
    } archs[] = {
        { "x86-64", "x86_64" }, { "x86", "i686" },         { "arm64", "aarch64" },
        { "arm", "armv7l" },    { "ppc64-le", "ppc64le" }, { "s390x", "s390x" },
        { "s390", "s390" },     { "riscv64", "riscv64" },  { "loongarch64", "loongarch64" },
    };
    const NspawnLine *line = nspawn_last(file, "Exec", "Personality");
    size_t i;

    for (i = 0; line && i < G_N_ELEMENTS(archs); i++) {
        if (g_str_equal(archs[i].systemd, line->value)) {
            build_set(&file->definition->os.arch, archs[i].libvirt);
            return;
        }
    }
    if (line)
        native_ignore(file->report, "Personality=%s (line %u)", line->value, line->number);
}

static bool
read_affinity(const NspawnFile *file, GError **error)
{
    const NspawnLine *line = nspawn_last(file, "Exec", "CPUAffinity");
    g_auto(GStrv) words = line ? words_split(line->value, error) : NULL;
    g_autofree char *list = words ? g_strjoinv(",", words) : NULL;
    g_autofree char *canonical = NULL;

    if (!line)
        return true;
    if (!list || cpulist_canonical(list, &canonical) != CPULIST_OK)
        return list ? nspawn_bad(line, "a list of CPUs such as '0-3 8' is needed", error) : false;
    build_set(&file->definition->cpuset, canonical);
    return true;
}

static bool
read_exec(const NspawnFile *file, GError **error)
{
    const NspawnLine *user = nspawn_last(file, "Exec", "User");
    const NspawnLine *directory = nspawn_last(file, "Exec", "WorkingDirectory");
    Os *os = &file->definition->os;

    if (directory && directory->value[0] != '/')
        return nspawn_bad(directory, "an absolute path is needed", error);
    if (directory)
        build_set(&os->init_dir, directory->value);
    if (user && !g_str_equal(user->value, "root"))
        build_set(&os->init_user, user->value);
    read_personality(file);
    return read_command(file, error) &&
           nspawn_each(file, "Exec", "Environment", read_variables, error) &&
           read_private_users(file, error) && read_machine_id(file, error) &&
           read_affinity(file, error);
}

/* Keys that the files read; a key that is not here goes into the report. */
static const struct {
    const char *section;
    const char *key;
} known[] = {
    { "Exec", "Boot" },
    { "Exec", "Parameters" },
    { "Exec", "Environment" },
    { "Exec", "User" },
    { "Exec", "WorkingDirectory" },
    { "Exec", "Capability" },
    { "Exec", "DropCapability" },
    { "Exec", "PrivateUsers" },
    { "Exec", "MachineID" },
    { "Exec", "Personality" },
    { "Exec", "CPUAffinity" },
    { "Exec", "Hostname" },
    { "Files", "ReadOnly" },
    { "Files", "Bind" },
    { "Files", "BindReadOnly" },
    { "Files", "TemporaryFileSystem" },
    { "Network", "Private" },
    { "Network", "VirtualEthernet" },
    { "Network", "VirtualEthernetExtra" },
    { "Network", "Interface" },
    { "Network", "MACVLAN" },
    { "Network", "Bridge" },
    { "Network", "Zone" },
    { "Network", "NamespacePath" },
};

/* Switches that ask for what is so anyway when they are off. */
static bool
line_says_nothing(const NspawnLine *line)
{
    static const char *const off[] = { "", "no", "off", "false", "0", NULL };

    return is_one_of(line->value, off) || g_str_has_prefix(line->key, "X-") ||
           g_str_has_prefix(line->section, "X-");
}

static void
report_unknown(const NspawnFile *file)
{
    guint i;
    size_t k;

    for (i = 0; i < file->lines->len; i++) {
        const NspawnLine *line = file->lines->pdata[i];

        for (k = 0; k < G_N_ELEMENTS(known); k++) {
            if (line_is(line, known[k].section, known[k].key))
                break;
        }
        if (k == G_N_ELEMENTS(known) && !line_says_nothing(line))
            native_ignore(file->report, "%s= in [%s] (line %u)", line->key, line->section,
                          line->number);
    }
}

static bool
read_name(const NspawnFile *file, GError **error)
{
    const NspawnLine *line = nspawn_last(file, "Exec", "Hostname");

    if (!line)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "Hostname= in [Exec] is missing; it becomes the name of the domain, and its "
                    "root is then /var/lib/machines/NAME");
    build_set(&file->definition->name, line->value);
    return true;
}

/* The text */

static void
line_free(void *data)
{
    NspawnLine *line = data;

    g_free(line->section);
    g_free(line->key);
    g_free(line->value);
    g_free(line);
}

/* The line at *at, joined with those it continues on; comments among them are left out. */
static char *
line_take(const char **at, unsigned *number)
{
    GString *line = g_string_new(NULL);
    bool more = true;

    while (more && **at) {
        size_t length = strcspn(*at, "\n");
        g_autofree char *part = g_strndup(*at, length);
        size_t end;

        *at += length + ((*at)[length] == '\n');
        (*number)++;
        g_strstrip(part);
        if (part[0] == '#' || part[0] == ';')
            continue;
        end = strlen(part);
        more = end > 0 && part[end - 1] == '\\';
        if (more)
            part[end - 1] = ' ';
        g_string_append(line, part);
    }
    return g_strstrip(g_string_free(line, FALSE));
}

/* Splits one line; *section changes at a "[Section]". */
static bool
line_parse(char *text, unsigned number, char **section, GPtrArray *lines, GError **error)
{
    char *equals = strchr(text, '=');
    size_t length = strlen(text);
    NspawnLine *line;

    if (length == 0)
        return true;
    if (text[0] == '[' && text[length - 1] == ']') {
        text[length - 1] = '\0';
        build_set(section, text + 1);
        return true;
    }
    if (!equals || equals == text)
        return fail(error, FAILURE_INVALID_ARG, "line %u, '%.64s': 'Key=value' is needed", number,
                    text);
    if (!*section)
        return fail(error, FAILURE_INVALID_ARG,
                    "line %u, '%.64s': a section such as [Exec] must come before it", number, text);
    *equals = '\0';
    line = g_new0(NspawnLine, 1);
    line->section = g_strdup(*section);
    line->key = g_strdup(g_strchomp(text));
    line->value = g_strdup(g_strchug(equals + 1));
    line->number = number;
    g_ptr_array_add(lines, line);
    return true;
}

static GPtrArray *
lines_parse(const char *text, GError **error)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(line_free);
    g_autofree char *section = NULL;
    unsigned number = 0;

    while (*text) {
        unsigned first = number + 1;
        g_autofree char *line = line_take(&text, &number);

        if (!line_parse(line, first, &section, lines, error))
            return NULL;
    }
    return g_steal_pointer(&lines);
}

bool
native_nspawn_read(const char *text, const char *arch, Definition *definition, NativeReport *report,
                   GError **error)
{
    g_autoptr(GPtrArray) lines = lines_parse(text, error);
    const NspawnFile file = { definition, report, lines };

    if (!lines)
        return false;
    report_unknown(&file);
    if (!read_name(&file, error) || !read_exec(&file, error) || !nspawn_files(&file, error) ||
        !nspawn_network(&file, error) || !read_capabilities(&file, error) ||
        !build_memory(definition, NSPAWN_MEMORY_DEFAULT, error))
        return false;
    native_note(report, "there is no limit of memory, so 1 GiB is assumed");
    build_consoles(definition, 1);
    return true;
}
