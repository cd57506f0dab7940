/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disks of a running guest: block devices, and images by way of a loop device. */
#include "controller/wire/failure.h"
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
    return true;
}

const LiveKind live_disk = { "disk", nodes_grant, nodes_revoke, disk_update };
