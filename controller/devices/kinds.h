/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kinds of device_find() share. */
#pragma once

#include "controller/devices/find.h"

/* usb.c, pci.c: add to found->nodes, nothing for what is not there. */
bool usb_find(const DeviceRoots *roots, const ContainerHostDevice *device, FoundDevice *found,
              GError **error);
bool pci_find(const DeviceRoots *roots, const ContainerHostDevice *device, FoundDevice *found,
              GError **error);

/* What @node has of permissions on the host, and where; false with errno when it is no device node.
 */
typedef struct {
    char type; /* 'b' or 'c' */
    unsigned major;
    unsigned minor;
    unsigned mode;
} NodeFacts;

bool node_facts_read(const char *path, NodeFacts *ret_facts);

/* Adds a node with the device's alias. @path: inside; @source: on the host. */
DeviceNode *found_add(FoundDevice *found, const ContainerHostDevice *device, const char *path,
                      const char *source);
void node_set_facts(DeviceNode *node, const NodeFacts *facts);

/*
 * Adds the node that the host has at @name below its /dev, at the same place inside; true also when
 * there is none, without *ret_added.
 */
bool found_add_of_host(FoundDevice *found, const DeviceRoots *roots,
                       const ContainerHostDevice *device, const char *name);

/* The text of a file of the kernel's below @directory without the line end; NULL: none. */
char *kernel_text(const char *directory, const char *name);
