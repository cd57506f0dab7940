/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <filesystem>: the root of a container, and what is mounted below it. */
#include <string.h>

#include "controller/wire/failure.h"
#include "xml/container-parts.h"

/* The words of ContainerMount.type and .image; see controller/mounts/source.h. */
#define TYPE_DETECT "auto"
#define IMAGE_LOOP  "loop"

static bool
refuse(const Filesystem *filesystem, const char *remedy, GError **error)
{
    return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                "<filesystem type='%s'> with target '%s' is not supported by this version; %s",
                filesystem_type_name(filesystem->type), filesystem->target, remedy);
}

/* Targets are below the root whether they begin with '/' or not. */
static char *
target_path(const Filesystem *filesystem)
{
    return filesystem->target[0] == '/' ? g_strdup(filesystem->target)
                                        : g_strconcat("/", filesystem->target, NULL);
}

/* @words, comma separated, and what the element asks for besides */
static void
set_options(ContainerMount *mount, const Filesystem *filesystem, const char *words)
{
    g_autofree char *all = g_strconcat(words, *words && filesystem->readonly ? "," : "",
                                       filesystem->readonly ? "ro" : "", NULL);

    mount->options = g_strsplit(all, ",", -1);
}

static bool
set_image(ContainerMount *mount, const Filesystem *filesystem, GError **error)
{
    FilesystemDriver driver = filesystem->driver_type;

    if (driver == FILESYSTEM_DRIVER_NBD ||
        (driver == FILESYSTEM_DRIVER_NONE && filesystem->driver_format >= FILESYSTEM_FORMAT_OTHER))
        return refuse(filesystem, "use an image of the format 'raw'", error);
    mount->image = g_strdup(IMAGE_LOOP);
    return true;
}

static bool
set_source(ContainerMount *mount, const Filesystem *filesystem, GError **error)
{
    g_autofree char *size = NULL;

    switch (filesystem->type) {
    case FILESYSTEM_MOUNT:
    case FILESYSTEM_BIND:
        mount->type = g_strdup("bind");
        mount->source = g_strdup(filesystem->source);
        mount->source_in_container = filesystem->type == FILESYSTEM_BIND;
        set_options(mount, filesystem, "rbind,rslave");
        return true;
    case FILESYSTEM_RAM:
        mount->type = g_strdup("tmpfs");
        size = g_strdup_printf("nosuid,nodev,size=%" G_GUINT64_FORMAT, filesystem->ram_usage);
        set_options(mount, filesystem, size);
        return true;
    case FILESYSTEM_BLOCK:
    case FILESYSTEM_FILE:
        mount->type = g_strdup(TYPE_DETECT);
        mount->source = g_strdup(filesystem->source);
        set_options(mount, filesystem, "");
        return filesystem->type == FILESYSTEM_BLOCK || set_image(mount, filesystem, error);
    default:
        return refuse(filesystem, "use type 'mount' with a directory of the host", error);
    }
}

static bool
add_mount(const Filesystem *filesystem, Container *container, GError **error)
{
    ContainerMount *mount = json_new(&container_mount_type);

    g_ptr_array_add(container->mounts, mount);
    mount->destination = target_path(filesystem);
    return set_source(mount, filesystem, error);
}

/* A directory needs no more words than OCI has for it. */
static bool
set_root(const Filesystem *filesystem, ContainerRoot *root, GError **error)
{
    root->path = g_strdup(filesystem->source);
    root->readonly = filesystem->readonly;
    if (filesystem->type == FILESYSTEM_MOUNT)
        return true;
    root->mount = json_new(&container_mount_type);
    root->mount->destination = g_strdup("/");
    return set_source(root->mount, filesystem, error);
}

bool
container_filesystems(const Definition *definition, Container *container, GError **error)
{
    guint i;

    for (i = 0; i < definition->filesystems->len; i++) {
        const Filesystem *filesystem = definition->filesystems->pdata[i];

        if (!g_str_equal(filesystem->target, "/")) {
            if (!add_mount(filesystem, container, error))
                return false;
        } else if (!container->root->path && !set_root(filesystem, container->root, error)) {
            return false;
        }
    }
    if (!container->root->path)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED, "no <filesystem> has the target '/'");
    return true;
}
