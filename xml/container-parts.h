/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of a container definition; each fills its members of a new Container. */
#pragma once

#include "xml/container.h"

/* container-devices.c: disks, and devices of the host but for network interfaces */
bool container_devices(const Definition *definition, Container *container, GError **error);

/* container-filesystems.c: root, and the mounts that the domain asks for */
bool container_filesystems(const Definition *definition, const ContainerContext *context,
                           Container *container, GError **error);

/* Adds the one mount; any but the root. */
bool container_filesystem(const Definition *definition, const Filesystem *filesystem,
                          const ContainerContext *context, Container *container, GError **error);

/* container-mounts.c: root, mounts, masked and read-only paths */
bool container_mounts(const Definition *definition, const ContainerContext *context,
                      Container *container, GError **error);

/* container-network.c: interfaces */
bool container_network(const Definition *definition, Container *container, GError **error);

/* container-process.c: args, env, cwd, user, capabilities, hostname */
void container_process(const Definition *definition, const ContainerContext *context,
                       Container *container);

/* container-resources.c: limits and device rules, devices */
bool container_resources(const Definition *definition, const ContainerContext *context,
                         Container *container, GError **error);

/* container-seccomp.c: the filter of context->seccomp */
bool container_seccomp(const Definition *definition, const ContainerContext *context,
                       Container *container, GError **error);
