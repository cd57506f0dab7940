/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Building of definitions from native formats. */
#include "xml/native-build.h"

#include <string.h>

#include "controller/wire/failure.h"
#include "xml/size.h"

#define KIB 1024

void
build_set(char **member, const char *value)
{
    char *copy = g_strdup(value);

    g_free(*member);
    *member = copy;
}

Filesystem *
build_filesystem(Definition *definition, FilesystemType type, const char *source,
                 const char *target)
{
    Filesystem *filesystem = filesystem_new();

    filesystem->type = type;
    filesystem->access_mode = FILESYSTEM_ACCESS_PASSTHROUGH;
    filesystem->source = g_strdup(source);
    filesystem->target = g_strdup(target);
    g_ptr_array_add(definition->filesystems, filesystem);
    return filesystem;
}

void
build_consoles(Definition *definition, guint count)
{
    while (definition->consoles->len < count) {
        Console *console = console_new();

        console->port = definition->consoles->len;
        g_ptr_array_add(definition->consoles, console);
    }
}

void
build_variable(Definition *definition, const char *assignment, NativeReport *report)
{
    const char *equals = strchr(assignment, '=');
    OsVariable *variable;

    if (!equals || equals == assignment || equals[1] == '\0') {
        native_ignore(report, "variable '%s'%s", assignment,
                      equals && equals != assignment ? " (empty)" : "");
        return;
    }
    variable = g_new0(OsVariable, 1);
    variable->name = g_strndup(assignment, equals - assignment);
    variable->value = g_strdup(equals + 1);
    g_ptr_array_add(definition->os.init_env, variable);
}

bool
build_init(Os *os, const char *const *words, GError **error)
{
    size_t i;

    build_set(&os->init, words[0]);
    for (i = 1; words[i]; i++) {
        if (words[i][0] == '\0')
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "argument %zu of '%s' is empty, which a domain cannot hold; run a script "
                        "that passes it",
                        i, words[0]);
        g_ptr_array_add(os->init_args, g_strdup(words[i]));
    }
    return true;
}

void
build_id_range(GPtrArray *map, const IdMapEntry *range)
{
    IdMapEntry *entry = g_new(IdMapEntry, 1);

    *entry = *range;
    g_ptr_array_add(map, entry);
}

Kept *
build_kept(Definition *definition, const char *place, const char *name)
{
    return definition_draft(definition, place);
}

Kept *
build_child(Kept *parent, const char *name, const char *attribute, const char *value)
{
    Kept *child = kept_new(name);

    if (attribute)
        kept_set_attribute(child, attribute, value);
    g_ptr_array_add(parent->children, child);
    return child;
}

Kept *
build_network_device(Definition *definition, const char *name)
{
    Kept *hostdev = build_kept(definition, "devices/hostdev", "hostdev");
    Kept *source;

    kept_set_attribute(hostdev, "mode", "capabilities");
    kept_set_attribute(hostdev, "type", "net");
    source = build_child(hostdev, "source", NULL, NULL);
    build_child(source, "interface", NULL, NULL)->text = g_strdup(name);
    return hostdev;
}

void
build_numatune(Definition *definition, const char *nodes)
{
    Kept *memory =
        build_child(build_kept(definition, "numatune", "numatune"), "memory", "mode", "strict");

    kept_set_attribute(memory, "nodeset", nodes);
}

/* How many states @policy needs to keep what @keep says; fills them in. */
static unsigned
capabilities_fill(Capabilities *capabilities, CapabilityPolicy policy,
                  const bool keep[CAPABILITY_COUNT])
{
    unsigned count = 0;
    unsigned i;

    *capabilities = (Capabilities){ .policy = policy };
    for (i = 0; i < CAPABILITY_COUNT; i++) {
        if (capabilities_keep(capabilities, i) == keep[i])
            continue;
        capabilities->states[i] = keep[i] ? CAPABILITY_ON : CAPABILITY_OFF;
        count++;
    }
    return count;
}

void
build_capabilities(Capabilities *capabilities, const bool keep[CAPABILITY_COUNT])
{
    static const CapabilityPolicy policies[] = { CAPABILITY_POLICY_DEFAULT, CAPABILITY_POLICY_ALLOW,
                                                 CAPABILITY_POLICY_DENY };
    unsigned best = CAPABILITY_COUNT + 1;
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(policies); i++) {
        Capabilities one;
        unsigned count = capabilities_fill(&one, policies[i], keep);

        if (count < best) {
            best = count;
            *capabilities = one;
        }
    }
}

int
build_capability_index(const char *name)
{
    int i;

    for (i = 0; i < CAPABILITY_COUNT; i++) {
        if (g_ascii_strcasecmp(capabilities_known[i].name, name) == 0 ||
            g_ascii_strcasecmp(capabilities_known[i].kernel, name) == 0)
            return i;
    }
    return -1;
}

bool
build_memory(Definition *definition, uint64_t bytes, GError **error)
{
    if (bytes == 0)
        return fail(error, FAILURE_INVALID_ARG,
                    "a memory limit of 0 bytes leaves nothing to run "
                    "in");
    definition->memory = bytes / KIB + (bytes % KIB != 0);
    definition->current_memory = definition->memory;
    return true;
}

bool
build_bytes(const char *text, uint64_t *ret_bytes)
{
    char *end;
    uint64_t number;
    uint64_t unit;

    if (!g_ascii_isdigit(text[0]))
        return false;
    number = g_ascii_strtoull(text, &end, 10);
    while (*end == ' ')
        end++;
    unit = size_unit(end, 1);
    /* what g_ascii_strtoull() saturates at is no size either */
    if (unit == 0 || number > INT64_MAX / unit)
        return false;
    *ret_bytes = number * unit;
    return true;
}

bool
build_is_provided(const char *target)
{
    static const char *const provided[] = {
        "/proc",
        "/proc/sys",
        "/proc/sys/net/ipv4",
        "/proc/sys/net/ipv6",
        "/sys",
        "/sys/kernel/security",
        "/sys/fs/selinux",
        NULL,
    };

    return g_strv_contains(provided, target);
}
