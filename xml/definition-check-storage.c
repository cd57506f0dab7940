/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filesystems and disks that no container can have. */
#include <string.h>

#include "controller/wire/failure.h"
#include "xml/definition-check.h"
#include "xml/templates.h"

static bool
refuse_filesystem(const Filesystem *filesystem, const char *what, GError **error)
{
    return fail(error, FAILURE_CONFIG_UNSUPPORTED, "<filesystem type='%s'> with target '%s' %s",
                filesystem_type_name(filesystem->type), filesystem->target, what);
}

/* An image is attached by one of two drivers, and only one of them reads other formats than raw. */
static bool
check_image(const Filesystem *filesystem, GError **error)
{
    FilesystemFormat format = filesystem->driver_format;

    switch (filesystem->driver_type) {
    case FILESYSTEM_DRIVER_NONE:
        return true;
    case FILESYSTEM_DRIVER_LOOP:
        return format < FILESYSTEM_FORMAT_OTHER ||
               refuse_filesystem(filesystem,
                                 "has the <driver> type 'loop', which reads images of the format "
                                 "'raw' only; use 'nbd'",
                                 error);
    case FILESYSTEM_DRIVER_NBD:
        return format != FILESYSTEM_FORMAT_UNSET ||
               refuse_filesystem(filesystem,
                                 "has the <driver> type 'nbd', which needs attribute 'format'",
                                 error);
    default:
        return refuse_filesystem(
            filesystem, "has a <driver> type that a container cannot use; use 'loop' or 'nbd'",
            error);
    }
}

/* A relative target is below the root, as it always was; a relative source would be looked up
 * nowhere, except that of a bind, which is below the root too. */
static bool
check_filesystem(const Filesystem *filesystem, GError **error)
{
    FilesystemType type = filesystem->type;
    bool on_host = type == FILESYSTEM_MOUNT || type == FILESYSTEM_BLOCK || type == FILESYSTEM_FILE;
    bool root = g_str_equal(filesystem->target, "/");

    if (type == FILESYSTEM_VOLUME && (!filesystem->pool || !filesystem->volume))
        return refuse_filesystem(filesystem, "needs the attributes 'pool' and 'volume' in <source>",
                                 error);
    if (type == FILESYSTEM_TEMPLATE && !template_name_is_valid(filesystem->source))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "'%s' is no name of a template; it has letters, digits and '._-' only",
                    filesystem->source);
    if (root && (type == FILESYSTEM_RAM || type == FILESYSTEM_BIND))
        return refuse_filesystem(
            filesystem,
            "cannot be the root; use type 'mount' with a directory of the host, 'template', or "
            "'file', 'block' or 'volume' with a file system",
            error);
    if (on_host && filesystem->source[0] != '/')
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "the source '%s' of <filesystem> with target '%s' must be an absolute path",
                    filesystem->source, filesystem->target);
    return type != FILESYSTEM_FILE || check_image(filesystem, error);
}

static bool
refuse_disk(const Disk *disk, const char *what, GError **error)
{
    return fail(error, FAILURE_CONFIG_UNSUPPORTED, "<disk type='%s'> with target '%s' %s",
                disk_type_name(disk->type), disk->target, what);
}

static bool
check_disk_image(const Disk *disk, GError **error)
{
    bool loop = g_strcmp0(disk->driver, "loop") == 0;
    bool nbd = g_strcmp0(disk->driver, "nbd") == 0;

    if (disk->driver && !loop && !nbd)
        return refuse_disk(
            disk, "has a <driver> name that a container cannot use; use 'loop' or 'nbd'", error);
    if (loop && disk->format >= FILESYSTEM_FORMAT_OTHER)
        return refuse_disk(disk,
                           "has the <driver> name 'loop', which reads images of the type 'raw' "
                           "only; use 'nbd'",
                           error);
    if (nbd && disk->format == FILESYSTEM_FORMAT_UNSET)
        return refuse_disk(disk, "has the <driver> name 'nbd', which needs attribute 'type'",
                           error);
    if (disk->cache > DISK_CACHE_NONE &&
        (nbd || (!loop && disk->format >= FILESYSTEM_FORMAT_OTHER)))
        return refuse_disk(disk, "cannot have this <driver> cache; use 'none' or 'default'", error);
    return true;
}

static bool
check_disk(const Disk *disk, GError **error)
{
    if (disk->type != DISK_FILE && disk->type != DISK_BLOCK)
        return refuse_disk(disk,
                           "is nothing a container can have; use type 'block' with a device of the "
                           "host, or 'file' with an image",
                           error);
    if (!disk->source)
        return refuse_disk(disk, "has no medium; name one in <source>, or remove the disk", error);
    if (disk->source[0] != '/')
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "the source '%s' of <disk> with target '%s' must be an absolute path",
                    disk->source, disk->target);
    return disk->type != DISK_FILE || check_disk_image(disk, error);
}

bool
check_storage(const Definition *definition, GError **error)
{
    g_autoptr(GHashTable) targets = g_hash_table_new(g_str_hash, g_str_equal);
    guint i;

    for (i = 0; i < definition->filesystems->len; i++) {
        if (!check_filesystem(definition->filesystems->pdata[i], error))
            return false;
    }
    for (i = 0; i < definition->disks->len; i++) {
        const Disk *disk = definition->disks->pdata[i];

        if (!check_disk(disk, error))
            return false;
        if (!g_hash_table_add(targets, disk->target))
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "more than one <disk> has the target '%s'; change one", disk->target);
    }
    return true;
}
