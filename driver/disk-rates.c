/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits of the devices behind disks. */
#include "driver/disk-rates.h"

#include <string.h>

#include "cgroup/cgroup.h"
#include "cgroup/limit.h"
#include "controller/wire/node.h"
#include "driver/host.h"

/* "7:3" of what carries @disk; NULL: nothing does. */
static char *
device_of(const Disk *disk, const GPtrArray *nodes)
{
    guint i;

    for (i = 0; nodes && i < nodes->len; i++) {
        const DeviceNode *node = nodes->pdata[i];

        if (g_strcmp0(node->alias, disk->alias) == 0)
            return limit_disk_number((unsigned)node->major, (unsigned)node->minor);
    }
    return NULL;
}

static bool
write_rates(const char *number, const char *group, const DiskRates *rates, GError **error)
{
    const ContainerBlockDevice device = {
        .weight = CONTAINER_UNSET,
        .read_bytes = rates->read_bytes,
        .write_bytes = rates->write_bytes,
        .read_iops = rates->read_iops,
        .write_iops = rates->write_iops,
    };

    return limit_write_block_device(host_cgroups(), group, number, &device, error);
}

bool
disk_rates_write(const Disk *disk, const GPtrArray *nodes, const char *group, GError **error)
{
    g_autofree char *number = device_of(disk, nodes);

    if (!number || write_rates(number, group, &disk->rates, error))
        return true;
    g_prefix_error(error, "<iotune> of disk '%s': ", disk->target);
    return false;
}

void
disk_rates_clear(const Disk *disk, const GPtrArray *nodes, const char *group)
{
    static const DiskRates none;
    g_autofree char *number = device_of(disk, nodes);

    if (number)
        write_rates(number, group, &none, NULL);
}

bool
disk_rates_read(const Disk *disk, const GPtrArray *nodes, const char *group, DiskRates *ret_rates,
                GError **error)
{
    g_autofree char *number = device_of(disk, nodes);
    ContainerBlockDevice device;

    *ret_rates = disk->rates;
    if (!number || !cgroup_has(host_cgroups(), CGROUP_BLKIO))
        return true;
    if (!limit_read_block_device(host_cgroups(), group, number, &device, error))
        return false;
    *ret_rates = (DiskRates){
        .read_bytes = device.read_bytes == CONTAINER_UNSET ? 0 : device.read_bytes,
        .write_bytes = device.write_bytes == CONTAINER_UNSET ? 0 : device.write_bytes,
        .read_iops = device.read_iops == CONTAINER_UNSET ? 0 : device.read_iops,
        .write_iops = device.write_iops == CONTAINER_UNSET ? 0 : device.write_iops,
    };
    return true;
}

bool
disk_rates_add(const Disk *disk, const GPtrArray *nodes, const char *group, GError **error)
{
    static const DiskRates none;

    return memcmp(&disk->rates, &none, sizeof(none)) == 0 ||
           disk_rates_write(disk, nodes, group, error);
}

bool
disk_rates_begin(const Domain *domain, GError **error)
{
    g_autofree char *group = g_strconcat(domain->guest->cgroup, "/" CGROUP_LIMITS, NULL);
    guint i;

    for (i = 0; i < domain->live->disks->len; i++) {
        const Disk *disk = domain->live->disks->pdata[i];

        if (!disk_rates_add(disk, domain->guest->nodes, group, error))
            return false;
    }
    return true;
}
