/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PCI devices that a container can have: those whose driver stays the host's and gives nodes to
 * programs. Which ones belong to a device is said by sysfs, where the driver plays by its rules,
 * and else by the driver's own files.
 */
#include <stdlib.h>
#include <string.h>

#include "controller/devices/kinds.h"
#include "controller/wire/failure.h"

#define VENDOR_AMD    0x1002
#define VENDOR_NVIDIA 0x10de

/* Classes of displays, processing accelerators, and co-processors. */
static bool
is_possible_class(unsigned class)
{
    return class >> 16 == 0x03 || class >> 16 == 0x12 || class >> 8 == 0x0b40;
}

/* Directories of a device's that have one directory per node, and where those nodes are. */
static const struct {
    const char *class;
    const char *dev;
} classes[] = {
    { "drm", "dri" },
    { "accel", "accel" },
};

/* Of all devices of NVIDIA's driver together. */
static const char *const nvidia_nodes[] = { "nvidiactl", "nvidia-modeset", "nvidia-uvm",
                                            "nvidia-uvm-tools" };

static unsigned
read_hex(const char *directory, const char *name)
{
    g_autofree char *text = kernel_text(directory, name);

    return text ? strtoul(text, NULL, 16) : 0;
}

/* Nodes like /dev/dri/renderD128; outputs of a card (card0-DP-1) have none. */
static void
add_class(const DeviceRoots *roots, const ContainerHostDevice *device, const char *directory,
          size_t class, FoundDevice *found)
{
    g_autofree char *top = g_build_filename(directory, classes[class].class, NULL);
    g_autoptr(GDir) listing = g_dir_open(top, 0, NULL);
    const char *entry;

    while (listing && (entry = g_dir_read_name(listing))) {
        g_autofree char *place = g_build_filename(top, entry, NULL);
        g_autofree char *numbers = kernel_text(place, "dev");
        g_autofree char *name = g_build_filename(classes[class].dev, entry, NULL);

        if (numbers)
            found_add_of_host(found, roots, device, name);
    }
}

/* The driver says in a file of its own which /dev/nvidiaN it is. */
static void
add_nvidia(const DeviceRoots *roots, const ContainerHostDevice *device, FoundDevice *found)
{
    g_autofree char *directory =
        g_build_filename(roots->proc, "driver/nvidia/gpus", device->source, NULL);
    g_autofree char *text = kernel_text(directory, "information");
    const char *minor = text ? strstr(text, "Device Minor:") : NULL;
    g_autofree char *name = NULL;
    size_t i;

    if (!minor)
        return;
    name = g_strdup_printf("nvidia%ld", strtol(minor + strlen("Device Minor:"), NULL, 10));
    if (!found_add_of_host(found, roots, device, name))
        return;
    for (i = 0; i < G_N_ELEMENTS(nvidia_nodes); i++)
        found_add_of_host(found, roots, device, nvidia_nodes[i]);
}

static int
compare_paths(gconstpointer one, gconstpointer other)
{
    return strcmp((*(DeviceNode *const *)one)->path, (*(DeviceNode *const *)other)->path);
}

bool
pci_find(const DeviceRoots *roots, const ContainerHostDevice *device, FoundDevice *found,
         GError **error)
{
    g_autofree char *directory =
        g_build_filename(roots->sys, "bus/pci/devices", device->source, NULL);
    unsigned vendor = read_hex(directory, "vendor");
    unsigned class = read_hex(directory, "class");
    size_t i;

    if (!vendor)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "the host has no PCI device %s; 'lspci -D' shows the addresses to choose from",
                    device->source);
    if (!is_possible_class(class))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "PCI device %s has the class 0x%06x: only display and computing devices have "
                    "nodes that a container can use; name the nodes of another in <hostdev "
                    "mode='capabilities'>",
                    device->source, class);
    for (i = 0; i < G_N_ELEMENTS(classes); i++)
        add_class(roots, device, directory, i, found);
    /* one node for all devices of the driver, which looks at the others' to see what is allowed */
    if (vendor == VENDOR_AMD && found->nodes->len > 0)
        found_add_of_host(found, roots, device, "kfd");
    if (vendor == VENDOR_NVIDIA)
        add_nvidia(roots, device, found);
    g_ptr_array_sort(found->nodes, compare_paths);
    if (found->nodes->len == 0)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "PCI device %s has no nodes in '%s': is its driver loaded?", device->source,
                    roots->dev);
    return true;
}
