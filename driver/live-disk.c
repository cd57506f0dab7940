/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disks of a running guest: block devices, and images by way of a loop device. */
#include <string.h>

#include "controller/wire/failure.h"
#include "driver/disk-rates.h"
#include "driver/nodes.h"

/* What a program has open is the device it opened: another one behind the same name would be one
 * that nobody uses. */
static bool
disk_update(LiveChange *change, GError **error)
{
    const Disk *disk = device_disk(change->device);
    const Disk *before = device_disk(change->before);

    if (g_strcmp0(disk->source, before->source) != 0 || disk->type != before->type)
        return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                    "the source of disk '%s' cannot be changed from '%s' to '%s' while the "
                    "container runs: its programs would keep the old one open; detach the disk and "
                    "attach another",
                    disk->target, before->source ? before->source : "",
                    disk->source ? disk->source : "");
    if (disk->readonly != before->readonly)
        return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                    "disk '%s' cannot be made %s while the container runs; detach it and attach it "
                    "again",
                    disk->target, disk->readonly ? "read-only" : "writable");
    return memcmp(&disk->rates, &before->rates, sizeof(disk->rates)) == 0 ||
           disk_rates_write(disk, change->domain->guest->nodes, change->group, error);
}

static bool
disk_attach(LiveChange *change, GError **error)
{
    const Disk *disk = device_disk(change->device);

    if (!nodes_grant(change, error))
        return false;
    if (disk_rates_add(disk, change->domain->guest->nodes, change->group, error))
        return true;
    nodes_revoke(change, NULL);
    return false;
}

/* The numbers of a loop device come back with another image. */
static bool
disk_detach(LiveChange *change, GError **error)
{
    const Disk *disk = device_disk(change->device);
    g_autoptr(GPtrArray) before = NULL;

    if (change->domain->guest->nodes)
        before = g_ptr_array_ref(change->domain->guest->nodes);
    if (!nodes_revoke(change, error))
        return false;
    disk_rates_clear(disk, before, change->group);
    return true;
}

const LiveKind live_disk = { "disk", disk_attach, disk_detach, disk_update };
