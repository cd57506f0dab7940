/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lxc.rootfs.path and lxc.mount.entry: the filesystems of a container. */
#include <string.h>

#include "controller/wire/failure.h"
#include "xml/native-lxc.h"
#include "xml/native-mount.h"

/* What may stand in front of the path of a root, up to a colon. */
static const struct {
    const char *word;
    FilesystemType type;
    const char *remedy; /* NULL: it can be converted */
} storages[] = {
    { "dir", FILESYSTEM_MOUNT, NULL },
    { "btrfs", FILESYSTEM_MOUNT, NULL },
    { "lvm", FILESYSTEM_BLOCK, NULL },
    { "loop", FILESYSTEM_FILE, NULL },
    { "overlay", 0, "mount the overlay on the host and give its directory" },
    { "overlayfs", 0, "mount the overlay on the host and give its directory" },
    { "aufs", 0, "mount the union on the host and give its directory" },
    { "zfs", 0, "give the directory the dataset is mounted on" },
    { "nbd", 0, "convert the image to a raw one and give it as loop:FILE" },
    { "rbd", 0, "map the image on the host and give its block device" },
};

static bool
finish_root(LxcConfig *config, GError **error)
{
    const LxcLine *line = config->scalars[LXC_ROOT];
    FilesystemType type = FILESYSTEM_MOUNT;
    Filesystem *root;
    const char *path;
    size_t i;

    if (!line)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "lxc.rootfs.path (lxc.rootfs in older files) is missing; it becomes the root "
                    "filesystem");
    path = line->value;
    for (i = 0; path[0] != '/' && i < G_N_ELEMENTS(storages); i++) {
        size_t length = strlen(storages[i].word);

        if (strncmp(path, storages[i].word, length) != 0 || path[length] != ':')
            continue;
        if (storages[i].remedy)
            return fail(error, FAILURE_CONFIG_UNSUPPORTED, "line %u, '%s = %.128s': %s",
                        line->number, line->key, line->value, storages[i].remedy);
        type = storages[i].type;
        path += length + 1;
        break;
    }
    if (path[0] != '/')
        return lxc_bad(line, "an absolute path is needed", error);
    if (type == FILESYSTEM_MOUNT && g_str_has_prefix(path, "/dev/"))
        type = FILESYSTEM_BLOCK;
    root = build_filesystem(config->definition, type, path, "/");
    if (type == FILESYSTEM_FILE) {
        root->driver_type = FILESYSTEM_DRIVER_LOOP;
        root->driver_format = FILESYSTEM_FORMAT_RAW;
    }
    return true;
}

static void
finish_root_options(LxcConfig *config)
{
    const LxcLine *line = config->scalars[LXC_ROOT_OPTIONS];
    Filesystem *root = config->definition->filesystems->pdata[0];
    g_auto(GStrv) options = line ? g_strsplit(line->value, ",", -1) : NULL;
    size_t i;

    for (i = 0; options && options[i]; i++) {
        if (g_str_equal(options[i], "ro"))
            root->readonly = true;
        else if (options[i][0] != '\0' && !g_str_equal(options[i], "rw"))
            native_ignore(config->report, "option '%s' of the root (line %u)", options[i],
                          line->number);
    }
}

/* Blanks in fstab(5) fields are written as octal numbers. */
static char *
field_decode(const char *field)
{
    GString *text = g_string_new(NULL);

    for (; *field; field++) {
        if (field[0] == '\\' && field[1] >= '0' && field[1] <= '3' && field[2] >= '0' &&
            field[2] <= '7' && field[3] >= '0' && field[3] <= '7') {
            g_string_append_c(text, (field[1] - '0') * 64 + (field[2] - '0') * 8 + field[3] - '0');
            field += 3;
        } else {
            g_string_append_c(text, *field);
        }
    }
    return g_string_free(text, FALSE);
}

static char **
fields_split(const char *value)
{
    g_auto(GStrv) words = g_strsplit_set(value, " \t", -1);
    GPtrArray *fields = g_ptr_array_new();
    size_t i;

    for (i = 0; words[i]; i++) {
        if (words[i][0] != '\0')
            g_ptr_array_add(fields, field_decode(words[i]));
    }
    g_ptr_array_add(fields, NULL);
    return (char **)g_ptr_array_free(fields, FALSE);
}

/* Where a mount goes: below the root, which older files name once more. */
static char *
target_below_root(const LxcConfig *config, const char *target)
{
    const Filesystem *root = config->definition->filesystems->pdata[0];
    size_t length = strlen(root->source);

    if (length > 1 && strncmp(target, root->source, length) == 0 && target[length] == '/')
        target += length;
    while (target[0] == '/')
        target++;
    return g_strconcat("/", target, NULL);
}

static bool
finish_mount(LxcConfig *config, const LxcLine *line, GError **error)
{
    g_auto(GStrv) fields = fields_split(line->value);
    g_auto(GStrv) options = NULL;
    g_autofree char *target = NULL;
    g_autofree char *place = NULL;
    NativeMount mount;

    if (g_strv_length(fields) < 4)
        return lxc_bad(line, "source, target, file system type and options are needed", error);
    if (!g_utf8_validate(fields[0], -1, NULL) || !g_utf8_validate(fields[1], -1, NULL))
        return lxc_bad(line, "the paths are not UTF-8", error);
    target = target_below_root(config, fields[1]);
    if (build_is_provided(target))
        return true;
    options = g_strsplit(fields[3], ",", -1);
    place = g_strdup_printf("mount of '%.64s' (line %u)", target, line->number);
    mount = (NativeMount){ .source = fields[0],
                           .target = target,
                           .type = fields[2],
                           .options = (const char *const *)options,
                           .place = place };
    return native_mount(config->definition, &mount, config->report, error);
}

bool
lxc_mounts_finish(LxcConfig *config, GError **error)
{
    guint i;

    if (!finish_root(config, error))
        return false;
    finish_root_options(config);
    for (i = 0; i < config->mounts->len; i++) {
        if (!finish_mount(config, config->mounts->pdata[i], error))
            return false;
    }
    return true;
}
