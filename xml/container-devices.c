/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of the host that a container gets, as the launcher or a worker is told of them. */
#include <string.h>

#include "controller/wire/failure.h"
#include "xml/container-parts.h"
#include "xml/element-filesystem.h"

static ContainerHostDevice *
host_device_new(const char *alias, const char *kind)
{
    ContainerHostDevice *device = json_new(&container_host_device_type);

    device->alias = g_strdup(alias ? alias : "");
    device->kind = g_strdup(kind);
    return device;
}

/* A loop device reads raw images; for the others, and where it is asked for, there is a program. */
static bool
set_image(ContainerHostDevice *device, const Disk *disk, GError **error)
{
    const char *format = storage_format_of_qemu(disk->format);

    if (g_strcmp0(disk->driver, "nbd") != 0 && disk->format < FILESYSTEM_FORMAT_OTHER)
        return true;
    if (!format)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<disk type='file'> with target '%s' has the format '%s', which nothing here "
                    "can read; convert '%s' with qemu-img(1)",
                    disk->target, storage_format_name(disk->format), disk->source);
    device->format = g_strdup(format);
    device->direct = disk->cache == DISK_CACHE_NONE;
    return true;
}

static ContainerHostDevice *
of_disk(const Disk *disk, GError **error)
{
    ContainerHostDevice *device;

    device = host_device_new(disk->alias, disk->type == DISK_FILE ? "image" : "block");
    if (disk->type == DISK_FILE && !set_image(device, disk, error)) {
        json_free(&container_host_device_type, device);
        return NULL;
    }
    device->source = g_strdup(disk->source);
    device->path = g_strconcat("/dev/", disk->target, NULL);
    device->readonly = disk->readonly;
    device->optional = disk->startup_policy == DISK_POLICY_OPTIONAL;
    return device;
}

/* A node below the host's /dev is at the same place inside, another right below /dev. */
static char *
node_path(const char *source)
{
    const char *name =
        g_str_has_prefix(source, "/dev/") ? source + strlen("/dev/") : strrchr(source, '/') + 1;

    return g_strconcat("/dev/", name, NULL);
}

static int64_t
number_or_any(uint64_t number)
{
    return number == HOSTDEV_ID_UNSET ? -1 : (int64_t)number;
}

static ContainerHostDevice *
of_hostdev(const Hostdev *hostdev, GError **error)
{
    ContainerHostDevice *device;

    switch (hostdev->type) {
    case HOSTDEV_STORAGE:
    case HOSTDEV_MISC:
        device = host_device_new(hostdev->alias, hostdev->type == HOSTDEV_MISC ? "char" : "block");
        device->source = g_strdup(hostdev->path);
        device->path = node_path(hostdev->path);
        break;
    case HOSTDEV_USB:
        device = host_device_new(hostdev->alias, "usb");
        device->vendor = number_or_any(hostdev->vendor);
        device->product = number_or_any(hostdev->product);
        device->bus = number_or_any(hostdev->bus);
        device->device = number_or_any(hostdev->device);
        device->optional = hostdev->startup_policy == HOSTDEV_POLICY_OPTIONAL;
        break;
    case HOSTDEV_PCI:
        device = host_device_new(hostdev->alias, "pci");
        device->source = hostdev_pci_address(hostdev);
        break;
    default:
        fail(error, FAILURE_CONFIG_UNSUPPORTED, "<hostdev type='%s'> has no device nodes",
             hostdev_type_name(hostdev->type));
        return NULL;
    }
    device->readonly = hostdev->readonly;
    return device;
}

ContainerHostDevice *
container_host_device(const Device *device, GError **error)
{
    if (device_disk(device))
        return of_disk(device_disk(device), error);
    if (device_hostdev(device))
        return of_hostdev(device_hostdev(device), error);
    fail(error, FAILURE_CONFIG_UNSUPPORTED, "a <%s> has no device nodes", device_name(device));
    return NULL;
}

bool
container_devices(const Definition *definition, Container *container, GError **error)
{
    GPtrArray *devices = container->caisson->host_devices;
    ContainerHostDevice *device;
    guint i;

    for (i = 0; i < definition->disks->len; i++) {
        if (!(device = of_disk(definition->disks->pdata[i], error)))
            return false;
        g_ptr_array_add(devices, device);
    }
    for (i = 0; i < definition->hostdevs->len; i++) {
        const Hostdev *hostdev = definition->hostdevs->pdata[i];

        if (hostdev->type == HOSTDEV_NET)
            continue;
        if (!(device = of_hostdev(hostdev, error)))
            return false;
        g_ptr_array_add(devices, device);
    }
    return true;
}
