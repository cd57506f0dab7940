/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <os>: rows, the types and architectures there are. */
#include "xml/element-os.h"

#include <stddef.h>

#include "xml/definition.h"
#include "xml/elements.h"

static const XmlField variable_fields[] = {
    { "@name", FIELD_STRING, offsetof(OsVariable, name), FIELD_REQUIRED },
    { ".", FIELD_STRING, offsetof(OsVariable, value), FIELD_REQUIRED },
    { NULL },
};
static void variable_free(void *variable);
static const XmlType variable_type = { "initenv", sizeof(OsVariable), variable_fields,
                                       .free = variable_free };

static void
variable_free(void *variable)
{
    xml_free(&variable_type, variable);
}

#define KEPT(path)                           \
    {                                        \
        path, FIELD_KEPT, offsetof(Os, kept) \
    }

static const XmlField os_fields[] = {
    { "@firmware", FIELD_STRING, offsetof(Os, firmware) },
    { "type/@arch", FIELD_STRING, offsetof(Os, arch) },
    { "type/@machine", FIELD_STRING, offsetof(Os, machine) },
    { "type", FIELD_STRING, offsetof(Os, type), FIELD_REQUIRED },
    { "init", FIELD_STRING, offsetof(Os, init) },
    { "initarg", FIELD_STRINGS, offsetof(Os, init_args) },
    { "initenv", FIELD_STRUCTS, offsetof(Os, init_env), .type = &variable_type },
    { "initdir", FIELD_STRING, offsetof(Os, init_dir) },
    { "inituser", FIELD_STRING, offsetof(Os, init_user) },
    { "initgroup", FIELD_STRING, offsetof(Os, init_group) },
    KEPT("loader"),
    KEPT("nvram"),
    KEPT("varstore"),
    KEPT("firmware"),
    KEPT("kernel"),
    KEPT("initrd"),
    { "cmdline", FIELD_STRING, offsetof(Os, cmdline) },
    KEPT("shim"),
    KEPT("dtb"),
    KEPT("root"),
    KEPT("acpi"),
    KEPT("boot"),
    KEPT("bootmenu"),
    KEPT("bios"),
    KEPT("smbios"),
    { NULL },
};

static const char *const machine_types[] = { "hvm", "linux", "xen", "uml", "xenpvh", NULL };

static const char *const known_archs[] = {
    "alpha",    "armv6l",     "armv7l",      "armv7b",       "aarch64",   "cris",   "i686",
    "ia64",     "lm32",       "loongarch64", "m68k",         "mips",      "mipsel", "mips64",
    "mips64el", "microblaze", "or32",        "microblazeel", "parisc",    "ppc",    "parisc64",
    "ppc64",    "ppc64le",    "ppcemb",      "riscv32",      "riscv64",   "s390",   "s390x",
    "sh4",      "sh4eb",      "sparc",       "sparc64",      "unicore32", "x86_64", "xtensa",
    "xtensaeb", NULL,
};

/* The 32-bit architecture whose programs a host runs by personality(2). */
static const struct {
    const char *host;
    const char *sibling;
} siblings[] = {
    { "x86_64", "i686" },     { "s390x", "s390" },     { "ppc64", "ppc" },
    { "parisc64", "parisc" }, { "sparc64", "sparc" },  { "mips64", "mips" },
    { "mips64el", "mipsel" }, { "aarch64", "armv7l" },
};

const char *
os_arch_sibling(const char *host)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(siblings); i++) {
        if (g_str_equal(siblings[i].host, host))
            return siblings[i].sibling;
    }
    return NULL;
}

static bool
os_check_arch(const Os *os, const char *host, GError **error)
{
    const char *sibling = host ? os_arch_sibling(host) : NULL;

    if (!g_strv_contains(known_archs, os->arch))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "unknown architecture '%s' in attribute 'arch' of <type> in <os>", os->arch);
    if (!host || g_str_equal(os->arch, host) || g_strcmp0(os->arch, sibling) == 0)
        return true;
    return fail(
        error, FAILURE_INVALID_ARG,
        "architecture '%s' cannot run on this host; remove attribute 'arch' of <type> or set "
        "it to '%s'%s%s%s",
        os->arch, host, sibling ? " or '" : "", sibling ? sibling : "", sibling ? "'" : "");
}

static bool
os_finish(const XmlContext *context, void *object, xmlNode *node, GError **error)
{
    const DefinitionDefaults *defaults = context->defaults;
    Os *os = object;

    if (!g_str_equal(os->type, "exe"))
        return fail(error,
                    g_strv_contains(machine_types, os->type) ? FAILURE_INVALID_ARG
                                                             : FAILURE_CONFIG_UNSUPPORTED,
                    "a container cannot have the <os> type '%s'; it must be 'exe'", os->type);
    if (!os->arch && defaults)
        os->arch = g_strdup(defaults->arch);
    return !os->arch || context->trusted ||
           os_check_arch(os, defaults ? defaults->arch : NULL, error);
}

const XmlType os_type = { "os", sizeof(Os), os_fields, .finish = os_finish };
