/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kinds of devices, and those that are a path. */
#include "controller/devices/find.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "controller/devices/kinds.h"
#include "controller/mounts/image.h"
#include "controller/wire/failure.h"

/* Of a disk: only the guest's root may use it, as on the host. */
#define DISK_MODE 0660

const DeviceRoots device_roots = { "/dev", "/proc", "/sys" };

bool
node_facts_read(const char *path, NodeFacts *ret_facts)
{
    struct stat status;

    if (stat(path, &status) < 0)
        return false;
    if (!S_ISBLK(status.st_mode) && !S_ISCHR(status.st_mode)) {
        errno = ENODEV;
        return false;
    }
    *ret_facts = (NodeFacts){ S_ISBLK(status.st_mode) ? 'b' : 'c', major(status.st_rdev),
                              minor(status.st_rdev), status.st_mode & 0777 };
    return true;
}

DeviceNode *
found_add(FoundDevice *found, const ContainerHostDevice *device, const char *path,
          const char *source)
{
    DeviceNode *node = json_new(&device_node_type);

    node->alias = g_strdup(device->alias);
    node->path = g_strdup(path);
    node->source = g_strdup(source);
    node->access = g_strdup(device->readonly ? "rm" : "rwm");
    g_ptr_array_add(found->nodes, node);
    return node;
}

void
node_set_facts(DeviceNode *node, const NodeFacts *facts)
{
    const char type[] = { facts->type, '\0' };

    node->type = g_strdup(type);
    node->major = facts->major;
    node->minor = facts->minor;
    node->file_mode = facts->mode;
}

bool
found_add_of_host(FoundDevice *found, const DeviceRoots *roots, const ContainerHostDevice *device,
                  const char *name)
{
    g_autofree char *source = g_build_filename(roots->dev, name, NULL);
    g_autofree char *path = g_build_filename("/dev", name, NULL);
    NodeFacts facts;

    if (!node_facts_read(source, &facts))
        return false;
    node_set_facts(found_add(found, device, path, source), &facts);
    return true;
}

char *
kernel_text(const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    char *text;

    return g_file_get_contents(path, &text, NULL, NULL) ? g_strstrip(text) : NULL;
}

static bool
is_left_out(const ContainerHostDevice *device)
{
    return device->optional && access(device->source, F_OK) < 0 && errno == ENOENT;
}

static bool
find_path(const DeviceRoots *roots, const ContainerHostDevice *device, FoundDevice *found,
          GError **error)
{
    bool block = g_str_equal(device->kind, "block");
    NodeFacts facts;

    if (is_left_out(device))
        return true;
    if (!node_facts_read(device->source, &facts)) {
        if (errno != ENODEV)
            return fail_errno(error, errno, "cannot use the device '%s'", device->source);
        facts.type = '\0';
    }
    if (facts.type != (block ? 'b' : 'c'))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED, "'%s' is no %s device; name one",
                    device->source, block ? "block" : "character");
    node_set_facts(found_add(found, device, device->path, device->source), &facts);
    return true;
}

static bool
find_image(const DeviceRoots *roots, const ContainerHostDevice *device, FoundDevice *found,
           GError **error)
{
    const Image image = { device->source, device->format, device->readonly, device->direct };
    g_auto(ImageDevice) made = IMAGE_DEVICE_NONE;
    NodeFacts facts;

    if (is_left_out(device))
        return true;
    if (!image_attach(&image, &made, error))
        return false;
    if (!node_facts_read(made.path, &facts))
        return fail_errno(error, errno, "cannot use '%s'", made.path);
    facts.mode = DISK_MODE;
    node_set_facts(found_add(found, device, device->path, made.path), &facts);
    found->held = fd_steal(&made.fd);
    found->server = made.server;
    made.server = 0;
    return true;
}

static const struct {
    const char *name;
    bool (*find)(const DeviceRoots *roots, const ContainerHostDevice *device, FoundDevice *found,
                 GError **error);
} kinds[] = {
    { "block", find_path }, { "char", find_path }, { "image", find_image },
    { "usb", usb_find },    { "pci", pci_find },
};

bool
device_find(const DeviceRoots *roots, const ContainerHostDevice *device, FoundDevice *ret_found,
            GError **error)
{
    g_auto(FoundDevice) found = { json_array_new(&device_node_type), -1, 0 };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (!g_str_equal(kinds[i].name, device->kind))
            continue;
        if (!kinds[i].find(roots, device, &found, error))
            return false;
        *ret_found = found;
        found = FOUND_DEVICE_NONE;
        return true;
    }
    return fail(error, FAILURE_INTERNAL, "devices of the kind '%s' are not known", device->kind);
}

void
found_device_clear(FoundDevice *found)
{
    g_clear_pointer(&found->nodes, g_ptr_array_unref);
    fd_close(&found->held);
    if (found->server > 0)
        image_server_await(found->server);
    found->server = 0;
}
