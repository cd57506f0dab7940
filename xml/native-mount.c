/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts of native formats become filesystems. */
#include "xml/native-mount.h"

#include <string.h>

#include "controller/wire/failure.h"

#define RAM_SIZE_DEFAULT (64 * 1024 * 1024)

/* What the options of one mount say. */
typedef struct {
    bool bind;
    bool readonly;
    const char *size; /* of a tmpfs */
    GString *unknown; /* names of the rest */
} MountOptions;

static bool
is_word(const char *option, const char *const *words)
{
    return option[0] == '\0' || g_strv_contains(words, option);
}

/* Options that ask for what a filesystem of a domain is anyway. */
static bool
option_is_implied(const char *option, bool ram)
{
    static const char *const always[] = { "rw",       "defaults", "create=file", "create=dir",
                                          "relatime", "rprivate", "private",     "rslave",
                                          "slave",    NULL };
    static const char *const of_ram[] = { "nosuid", "nodev", NULL };

    return is_word(option, always) || (ram && is_word(option, of_ram));
}

static void
options_read(const NativeMount *mount, bool ram, MountOptions *options)
{
    const char *const *option;

    for (option = mount->options; option && *option; option++) {
        if (g_str_equal(*option, "bind") || g_str_equal(*option, "rbind"))
            options->bind = true;
        else if (g_str_equal(*option, "ro") || g_str_equal(*option, "rro"))
            options->readonly = true;
        else if (ram && g_str_has_prefix(*option, "size="))
            options->size = *option + strlen("size=");
        else if (!option_is_implied(*option, ram))
            g_string_append_printf(options->unknown, "%s%s", options->unknown->len > 0 ? "," : "",
                                   *option);
    }
}

static void
mount_ram(Definition *definition, const NativeMount *mount, const MountOptions *options,
          NativeReport *report)
{
    uint64_t bytes = 0;
    Filesystem *filesystem;

    if (!options->size || !build_bytes(options->size, &bytes) || bytes < 1024) {
        native_note(report, "%s has %s%s%s, so 64 MiB are assumed", mount->place,
                    options->size ? "the size '" : "no size", options->size ? options->size : "",
                    options->size ? "', which says no number of KiB" : "");
        bytes = RAM_SIZE_DEFAULT;
    }
    filesystem = build_filesystem(definition, FILESYSTEM_RAM, NULL, mount->target);
    filesystem->ram_usage = bytes;
    filesystem->readonly = options->readonly;
}

static bool
mount_source(Definition *definition, const NativeMount *mount, const MountOptions *options,
             NativeReport *report, GError **error)
{
    bool device = mount->source && g_str_has_prefix(mount->source, "/dev/");
    FilesystemType type = device && !options->bind ? FILESYSTEM_BLOCK : FILESYSTEM_MOUNT;

    if (!mount->source || mount->source[0] != '/')
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "%s: its source '%.128s' must be an absolute path", mount->place,
                    mount->source ? mount->source : "");
    build_filesystem(definition, type, mount->source, mount->target)->readonly = options->readonly;
    if (device && options->bind)
        native_note(report,
                    "%s shows something of /dev; for the right to use a device add <hostdev "
                    "mode='capabilities'>",
                    mount->place);
    return true;
}

static bool
mount_add(Definition *definition, const NativeMount *mount, const MountOptions *options,
          NativeReport *report, GError **error)
{
    bool device = mount->source && g_str_has_prefix(mount->source, "/dev/");

    if (g_strcmp0(mount->type, "tmpfs") == 0) {
        mount_ram(definition, mount, options, report);
        return true;
    }
    if (!options->bind && !device) {
        native_ignore(report, "%s of type '%s'", mount->place, mount->type ? mount->type : "");
        return true;
    }
    return mount_source(definition, mount, options, report, error);
}

bool
native_mount(Definition *definition, const NativeMount *mount, NativeReport *report, GError **error)
{
    bool ram = g_strcmp0(mount->type, "tmpfs") == 0;
    g_autoptr(GString) unknown = g_string_new(NULL);
    MountOptions options = { .unknown = unknown };
    guint before = definition->filesystems->len;

    options.bind = g_strcmp0(mount->type, "bind") == 0;
    options_read(mount, ram, &options);
    if (!mount_add(definition, mount, &options, report, error))
        return false;
    if (unknown->len > 0 && definition->filesystems->len > before)
        native_ignore(report, "option%s '%s' of the %s", strchr(unknown->str, ',') ? "s" : "",
                      unknown->str, mount->place);
    return true;
}
