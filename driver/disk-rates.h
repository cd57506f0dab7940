/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest may do to its disks in a second: <iotune>, by the kernel's limits of the devices
 * that carry them. */
#pragma once

#include "driver/domain.h"

/* Of @disk of a running guest that has @nodes (DeviceNode *) in the control group @group. A disk
 * without a node, because its image was optional and missing, is left alone. */
bool disk_rates_write(const Disk *disk, const GPtrArray *nodes, const char *group, GError **error);

/* The same for one that has just come: there is nothing to write where it has no limits. */
bool disk_rates_add(const Disk *disk, const GPtrArray *nodes, const char *group, GError **error);

/* Takes away the limits of what carries @disk, which is about to leave the guest. */
void disk_rates_clear(const Disk *disk, const GPtrArray *nodes, const char *group);

/* What the kernel has. */
bool disk_rates_read(const Disk *disk, const GPtrArray *nodes, const char *group,
                     DiskRates *ret_rates, GError **error);

/* All disks of a guest whose init does not run yet. */
bool disk_rates_begin(const Domain *domain, GError **error);
