/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sources on the host; one function for each kind. */
#include "controller/mounts/source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "controller/mounts/idmap.h"
#include "controller/mounts/lock.h"
#include "controller/mounts/image.h"
#include "controller/mounts/mount-options.h"
#include "controller/mounts/overlay.h"
#include "controller/mounts/probe.h"
#include "controller/mounts/quota.h"
#include "controller/wire/failure.h"

static int
open_bind(const ContainerMount *mount, const MountOptions *options, GError **error)
{
    int tree =
        open_tree(AT_FDCWD, mount->source,
                  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (options->recursive ? AT_RECURSIVE : 0));

    if (tree < 0)
        g_set_error_literal(error, FAILURE, FAILURE_SYSTEM, g_strerror(errno));
    return tree;
}

/* The file system on the device @fd, which is at @device. */
static int
open_device(int fd, const char *device, const ContainerMount *mount, const MountOptions *options,
            GError **error)
{
    g_autofree char *found = NULL;
    const char *type = mount->type;

    if (g_str_equal(type, SOURCE_TYPE_DETECT)) {
        if (!(found = probe_type(fd, mount->source, error)))
            return -1;
        type = found;
    }
    return mount_create_on(type, device, options, error);
}

static int
open_block(const ContainerMount *mount, const MountOptions *options, GError **error)
{
    g_auto(Fd) fd = open(mount->source, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;

    if (fd < 0 || fstat(fd, &status) < 0) {
        g_set_error_literal(error, FAILURE, FAILURE_SYSTEM, g_strerror(errno));
        return -1;
    }
    if (!S_ISBLK(status.st_mode)) {
        fail(error, FAILURE_SYSTEM,
             "it is no block device; use type 'file' for an image, 'mount' for a directory");
        return -1;
    }
    return open_device(fd, mount->source, mount, options, error);
}

static int
open_image(const SourceContext *context, const ContainerMount *mount, const MountOptions *options,
           GError **error)
{
    bool nbd = g_str_equal(mount->image, SOURCE_IMAGE_NBD);
    const Image image = { .path = mount->source,
                          .format = nbd ? mount->image_format : NULL,
                          .readonly = options->set & MOUNT_ATTR_RDONLY };
    g_auto(ImageDevice) device = IMAGE_DEVICE_NONE;
    int tree;

    if (nbd && (!mount->image_format || !context->servers)) {
        fail(error, FAILURE_INTERNAL, "the image has no format, or its server no place");
        return -1;
    }
    if (!image_attach(&image, &device, error) ||
        (tree = open_device(device.fd, device.path, mount, options, error)) < 0)
        return -1;
    if (device.server > 0)
        g_array_append_val(context->servers, device.server);
    device.server = 0;
    return tree;
}

/* What is neither of the others is a file system on a block device. */
static int
open_by_kind(const SourceContext *context, const ContainerMount *mount, const MountOptions *options,
             GError **error)
{
    if (g_strcmp0(mount->type, "bind") == 0)
        return open_bind(mount, options, error);
    if (mount->image)
        return open_image(context, mount, options, error);
    return open_block(mount, options, error);
}

bool
source_is_host(const ContainerMount *mount)
{
    return mount->source != NULL && !mount->source_in_container;
}

static bool
is_in_map(const GPtrArray *mappings, uint64_t host_id)
{
    guint i;

    for (i = 0; i < mappings->len; i++) {
        const ContainerIdMapping *range = g_ptr_array_index(mappings, i);

        if (host_id >= range->host_id && host_id - range->host_id < range->size)
            return true;
    }
    return false;
}

/* Whether the root of the source belongs to the container, which is worth a line in the log. */
static bool
is_owned(const SourceContext *context, const ContainerMount *mount, int fd)
{
    struct stat status;

    if (fstat(fd, &status) < 0 || !is_in_map(context->uid_mappings, status.st_uid))
        return false;
    g_printerr("mounts: '%s' belongs to user %u, who is of the container: not idmapped\n",
               mount->source, status.st_uid);
    return true;
}

static bool
has_owner(const ContainerMount *mount)
{
    return g_strcmp0(mount->type, "bind") == 0 || g_strcmp0(mount->type, SOURCE_TYPE_OVERLAY) == 0;
}

/* A directory whose files were given to the guest's ids, or a mount that the administrator has
 * mapped: another map on top would take them away from the guest. */
static bool
is_mapped(const SourceContext *context, const ContainerMount *mount)
{
    g_auto(Fd) fd = open(mount->source, O_PATH | O_CLOEXEC);

    /* those of devices and images are not yet known */
    if (!has_owner(mount) || fd < 0)
        return false;
    if (idmap_present(fd)) {
        g_printerr("mounts: '%s' is an idmapped mount: left as it is\n", mount->source);
        return true;
    }
    return is_owned(context, mount, fd);
}

/* The user namespace of the guest's ids, made when it is first needed; borrowed, -1 with error. */
static int
namespace_of(SourceContext *context, GError **error)
{
    if (context->user_namespace < 0)
        context->user_namespace =
            idmap_namespace(context->uid_mappings, context->gid_mappings, error);
    return context->user_namespace;
}

/* *ret_namespace: by what the ids of @mount are mapped; -1: they are not. It is borrowed. */
static bool
find_namespace(SourceContext *context, const ContainerMount *mount, const MountOptions *options,
               int *ret_namespace, GError **error)
{
    *ret_namespace = -1;
    if (!options->idmap || context->uid_mappings->len == 0 || is_mapped(context, mount))
        return true;
    *ret_namespace = namespace_of(context, error);
    return *ret_namespace >= 0;
}

void
source_context_clear(SourceContext *context)
{
    fd_close(&context->user_namespace);
}

static int64_t
host_id_of_root(const GPtrArray *mappings)
{
    guint i;

    for (i = 0; i < mappings->len; i++) {
        const ContainerIdMapping *range = g_ptr_array_index(mappings, i);

        if (range->container_id == 0 && range->size > 0)
            return range->host_id;
    }
    return 0;
}

static int
open_overlay(const SourceContext *context, const MountOptions *options, int user_namespace,
             GError **error)
{
    const OverlayMap map = { user_namespace, host_id_of_root(context->uid_mappings),
                             host_id_of_root(context->gid_mappings) };

    return overlay_mount(options, &map, error);
}

/* The layers of an overlay are mapped, everything else as a whole. */
static int
open_mapped(const SourceContext *context, const ContainerMount *mount, const MountOptions *options,
            int user_namespace, GError **error)
{
    g_auto(Fd) tree = -1;

    if (g_str_equal(mount->type, SOURCE_TYPE_OVERLAY))
        return open_overlay(context, options, user_namespace, error);
    if ((tree = open_by_kind(context, mount, options, error)) < 0)
        return -1;
    if (user_namespace >= 0 && !has_owner(mount) && is_owned(context, mount, tree))
        return fd_steal(&tree);
    if (user_namespace >= 0 &&
        !idmap_apply(tree, user_namespace, mount->source, options->recursive, error))
        return -1;
    return fd_steal(&tree);
}

static bool
is_exempt(const SourceContext *context)
{
    return context->uid_mappings->len == 0 && context->capabilities &&
           context->capabilities->bounding &&
           g_strv_contains((const char *const *)context->capabilities->bounding,
                           "CAP_SYS_RESOURCE");
}

static bool
limit_space(const SourceContext *context, const ContainerMount *mount, const MountOptions *options,
            GError **error)
{
    g_autofree char *layer = NULL;

    if (mount->space_limit == 0)
        return true;
    if (g_str_equal(mount->type, SOURCE_TYPE_OVERLAY))
        layer = overlay_layer(options);
    return quota_limit(layer ? layer : mount->source, mount->space_limit, is_exempt(context),
                       error);
}

int
source_open(SourceContext *context, const ContainerMount *mount, GError **error)
{
    g_auto(MountOptions) options = { 0 };
    g_auto(Fd) tree = -1;
    int user_namespace;

    if (!mount->source || !mount->type) {
        fail(error, FAILURE_INTERNAL, "the mount has no source or no type");
        return -1;
    }
    mount_options_init(&options, (const char *const *)mount->options);
    if (!limit_space(context, mount, &options, error) ||
        !find_namespace(context, mount, &options, &user_namespace, error) ||
        (tree = open_mapped(context, mount, &options, user_namespace, error)) < 0 ||
        !mount_adjust(tree, &options, error))
        return -1;
    if (context->uid_mappings->len == 0 || !(options.set & MOUNT_ATTR_RDONLY))
        return fd_steal(&tree);
    /* without the host's ids, what is read-only cannot be made writable by the guest's root */
    if ((user_namespace = namespace_of(context, error)) < 0)
        return -1;
    return lock_attributes(tree, user_namespace, error);
}

void
source_explain(const ContainerMount *mount, GError **error)
{
    bool bind = g_strcmp0(mount->type, "bind") == 0;

    if (mount->source)
        g_prefix_error(error, "cannot %s '%s' %s '%s': ", bind ? "bind" : "mount", mount->source,
                       bind ? "to" : "on", mount->destination);
    else
        g_prefix_error(error, "cannot mount %s on '%s': ", mount->type ? mount->type : "(no type)",
                       mount->destination);
}
