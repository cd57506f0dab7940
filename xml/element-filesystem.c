/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <filesystem>: rows. */
#include "xml/element-filesystem.h"

#include <stddef.h>
#include <string.h>

#include "xml/definition.h"
#include "xml/elements.h"

static const char *const types[] = { "mount", "block", "file",   "template",
                                     "ram",   "bind",  "volume", NULL };
static const char *const access_modes[] = { "", "passthrough", "mapped", "squash", NULL };
static const char *const drivers[] = { "",      "path",     "handle", "loop", "nbd",
                                       "ploop", "virtiofs", "mtp",    NULL };
const char *const storage_formats[] = { "",     "none",  "raw", "dir",  "bochs", "cloop", "dmg",
                                        "iso",  "vpc",   "vdi", "fat",  "vhd",   "ploop", "cow",
                                        "qcow", "qcow2", "qed", "vmdk", NULL };
/* Where qemu-img(1) has another word, or none. */
static const struct {
    const char *format;
    const char *word;
} qemu_words[] = {
    { "none", "raw" }, { "dir", NULL },          { "iso", "raw" }, { "fat", NULL },
    { "vhd", "vpc" },  { "ploop", "parallels" }, { "cow", NULL },
};

static const char *const write_policies[] = { "", "immediate", NULL };

/* Kept in bytes, and whole KiB of them: what is printed is all there is. */
static const XmlSize ram_size = { "units", 1, 1024, 1024, "KiB" };
static const XmlSize space_size = { "unit", 1, 1, 1, "bytes" };

#define MEMBER(member) offsetof(Filesystem, member)
#define KEPT(path)                     \
    {                                  \
        path, FIELD_KEPT, MEMBER(kept) \
    }
#define SOURCE(attribute, member, only)                                           \
    {                                                                             \
        "source/@" attribute, FIELD_STRING, MEMBER(member), FIELD_REQUIRED, only, \
            .missing = FAILURE_NO_SOURCE                                          \
    }

static const XmlField filesystem_fields[] = {
    { "@type", FIELD_ENUM, MEMBER(type), FIELD_ALWAYS, .names = types },
    { "@accessmode", FIELD_ENUM, MEMBER(access_mode), .names = access_modes },
    { "@model", FIELD_STRING, MEMBER(model) },
    { "@multidevs", FIELD_STRING, MEMBER(multidevs) },
    { "@fmode", FIELD_STRING, MEMBER(fmode) },
    { "@dmode", FIELD_STRING, MEMBER(dmode) },
    { "driver/@type", FIELD_ENUM, MEMBER(driver_type), .names = drivers },
    { "driver/@format", FIELD_ENUM, MEMBER(driver_format), .names = storage_formats,
      .bad = FAILURE_CONFIG_UNSUPPORTED },
    { "driver/@wrpolicy", FIELD_ENUM, MEMBER(driver_wrpolicy), .names = write_policies },
    { "driver/@queue", FIELD_STRING, MEMBER(driver_queue) },
    KEPT("binary"),
    KEPT("idmap"),
    SOURCE("dir", source, ONLY(FILESYSTEM_MOUNT) | ONLY(FILESYSTEM_BIND)),
    SOURCE("dev", source, ONLY(FILESYSTEM_BLOCK)),
    SOURCE("file", source, ONLY(FILESYSTEM_FILE)),
    SOURCE("name", source, ONLY(FILESYSTEM_TEMPLATE)),
    { "source/@pool", FIELD_STRING, MEMBER(pool), 0, ONLY(FILESYSTEM_VOLUME) },
    { "source/@volume", FIELD_STRING, MEMBER(volume), 0, ONLY(FILESYSTEM_VOLUME) },
    { "source/@usage", FIELD_SIZE, MEMBER(ram_usage), FIELD_REQUIRED | FIELD_ALWAYS,
      ONLY(FILESYSTEM_RAM), .size = &ram_size },
    { "target/@dir", FIELD_STRING, MEMBER(target), FIELD_REQUIRED, .missing = FAILURE_NO_TARGET },
    { "readonly", FIELD_FLAG, MEMBER(readonly) },
    { "boot", FIELD_REFUSED },
    { "alias/@name", FIELD_STRING, MEMBER(alias), FIELD_LIVE },
    KEPT("acpi"),
    KEPT("address"),
    { "space_hard_limit", FIELD_SIZE, MEMBER(space_hard_limit), .size = &space_size },
    { "space_soft_limit", FIELD_SIZE, MEMBER(space_soft_limit), .size = &space_size },
    { NULL },
};

static bool
filesystem_finish(const XmlContext *context, void *object, xmlNode *node, GError **error)
{
    const DefinitionDefaults *defaults = context->defaults;
    Filesystem *filesystem = object;

    /* a running guest's implicit root filesystem has no mode; what was defined keeps its meaning
     * when the administrator changes the default */
    if (filesystem->access_mode == FILESYSTEM_ACCESS_NONE && !context->live)
        filesystem->access_mode = defaults && defaults->idmap && !context->trusted
                                      ? FILESYSTEM_ACCESS_MAPPED
                                      : FILESYSTEM_ACCESS_PASSTHROUGH;
    return true;
}

static void
free_filesystem(void *filesystem)
{
    filesystem_free(filesystem);
}

const XmlType filesystem_type = {
    "filesystem", sizeof(Filesystem), filesystem_fields,
    MEMBER(type), free_filesystem,    .finish = filesystem_finish,
};

Filesystem *
filesystem_new(void)
{
    return xml_new(&filesystem_type);
}

void
filesystem_free(Filesystem *filesystem)
{
    xml_free(&filesystem_type, filesystem);
}

const char *
filesystem_type_name(FilesystemType type)
{
    return types[type];
}

FilesystemFormat
storage_format_find(const char *word, size_t length)
{
    FilesystemFormat i;

    for (i = FILESYSTEM_FORMAT_NONE; storage_formats[i]; i++) {
        if (strlen(storage_formats[i]) == length && strncmp(storage_formats[i], word, length) == 0)
            return i;
    }
    return FILESYSTEM_FORMAT_UNSET;
}

const char *
storage_format_name(FilesystemFormat format)
{
    return storage_formats[format];
}

const char *
storage_format_of_qemu(FilesystemFormat format)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(qemu_words); i++) {
        if (g_str_equal(qemu_words[i].format, storage_formats[format]))
            return qemu_words[i].word;
    }
    return storage_formats[format];
}
