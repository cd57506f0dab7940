/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks libvirt's storage driver by its public interface. */
#include "driver/volume.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <string.h>

#include "controller/wire/failure.h"

#define STORAGE_URI "storage:///system"

static void
volume_free(gpointer pointer)
{
    ContainerVolume *volume = pointer;

    g_free(volume->path);
    g_free(volume);
}

GHashTable *
volumes_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, volume_free);
}

static bool
fail_volume(const Filesystem *filesystem, GError **error)
{
    return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                "cannot use the volume '%s' of pool '%s' for the target '%s': %s",
                filesystem->volume, filesystem->pool, filesystem->target, virGetLastErrorMessage());
}

/* The word after <format type= in the description, which libvirt itself has written. */
static FilesystemFormat
format_of(virStorageVolPtr handle)
{
    g_autofree char *xml = virStorageVolGetXMLDesc(handle, 0);
    const char *target = xml ? strstr(xml, "<target>") : NULL;
    const char *word = target ? strstr(target, "<format type='") : NULL;

    if (!word)
        return FILESYSTEM_FORMAT_RAW;
    word += strlen("<format type='");
    return storage_format_find(word, strcspn(word, "'"));
}

static bool
describe(virStorageVolPtr handle, const Filesystem *filesystem, GHashTable *volumes, GError **error)
{
    g_autofree ContainerVolume *volume = g_new0(ContainerVolume, 1);
    virStorageVolInfo info;
    char *path;

    if (virStorageVolGetInfo(handle, &info) < 0 || !(path = virStorageVolGetPath(handle)))
        return fail_volume(filesystem, error);
    volume->format = FILESYSTEM_FORMAT_RAW;
    volume->type = FILESYSTEM_FILE;
    if (info.type == VIR_STORAGE_VOL_DIR)
        volume->type = FILESYSTEM_MOUNT;
    else if (info.type == VIR_STORAGE_VOL_BLOCK)
        volume->type = FILESYSTEM_BLOCK;
    else if (info.type == VIR_STORAGE_VOL_FILE)
        volume->format = format_of(handle);
    else
        return fail(
            error, FAILURE_CONFIG_UNSUPPORTED,
            "the volume '%s' of pool '%s' is neither a directory, a file nor a block device "
            "of this host",
            filesystem->volume, filesystem->pool);
    volume->path = g_strdup(path);
    free(path);
    g_hash_table_replace(volumes, container_volume_key(filesystem->pool, filesystem->volume),
                         g_steal_pointer(&volume));
    return true;
}

static bool
look_up(virStoragePoolPtr pool, const Filesystem *filesystem, GHashTable *volumes, GError **error)
{
    virStorageVolPtr volume;
    bool found;

    if (!pool)
        return fail_volume(filesystem, error);
    if (virStoragePoolIsActive(pool) == 0)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "the pool '%s' of volume '%s' is not active; start it with 'virsh pool-start "
                    "%s'",
                    filesystem->pool, filesystem->volume, filesystem->pool);
    if (!(volume = virStorageVolLookupByName(pool, filesystem->volume)))
        return fail_volume(filesystem, error);
    found = describe(volume, filesystem, volumes, error);
    virStorageVolFree(volume);
    return found;
}

bool
volume_resolve(const Filesystem *filesystem, GHashTable *volumes, GError **error)
{
    virStoragePoolPtr pool;
    virConnectPtr storage;
    bool found;

    if (filesystem->type != FILESYSTEM_VOLUME)
        return true;
    if (!(storage = virConnectOpen(STORAGE_URI)))
        return fail_volume(filesystem, error);
    pool = virStoragePoolLookupByName(storage, filesystem->pool);
    found = look_up(pool, filesystem, volumes, error);
    if (pool)
        virStoragePoolFree(pool);
    virConnectClose(storage);
    return found;
}
