/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices of the host: from what a domain calls them to the nodes they have here.
 *
 *   kind   is given by                          has the nodes
 *   block  .source, a path                      that one, a block device, at .path
 *   char   .source, a path                      that one, a character device, at .path
 *   image  .source, a file, and .format         a device made for it, at .path
 *   usb    .vendor and .product, .bus and       /dev/bus/usb/BBB/DDD
 *          .device, or all four
 *   pci    .source, "0000:03:00.0"              those by which programs use a display or computing
 *                                               device: /dev/dri/…, /dev/accel/…, /dev/kfd,
 * /dev/nvidia…
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/wire/container.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/node.h"

/* Where the host's kernel says what there is; others are for tests. */
typedef struct {
    const char *dev;
    const char *proc;
    const char *sys;
} DeviceRoots;

extern const DeviceRoots device_roots;

typedef struct {
    GPtrArray *nodes; /* of DeviceNode *; empty for an optional device that is not there */
    Fd held;          /* to be kept open as long as the guest has them; -1: nothing */
    pid_t server;     /* a child that ends when .held is closed; 0: none */
} FoundDevice;

#define FOUND_DEVICE_NONE ((FoundDevice){ .held = -1 })

/* FAILURE_CONFIG_UNSUPPORTED names what is not there or not such a device. */
bool device_find(const DeviceRoots *roots, const ContainerHostDevice *device,
                 FoundDevice *ret_found, GError **error);

void found_device_clear(FoundDevice *found);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FoundDevice, found_device_clear)
