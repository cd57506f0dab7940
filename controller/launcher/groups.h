/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Control groups as the guest sees them, and the limits above them. */
#pragma once

#include "controller/launcher/launch.h"

/* Mounts the guest's view of the control groups on @destination. */
bool groups_mount_view(Launch *launch, const ContainerMount *mount, GError **error);

/* Writes the limits of the definition to @group. limits.c */
bool limits_write(const CgroupLayout *layout, const char *group,
                  const ContainerResources *resources, GError **error);

/* The part of it for block devices, whose numbers are those of their nodes on the host.
 * limits-block.c */
bool limits_write_block(const CgroupLayout *layout, const char *group,
                        const ContainerBlockIo *block_io, GError **error);
