/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Weights and limits of block devices. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "controller/launcher/groups.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

/* Where a weight goes: which of the files there is depends on the kernel and its I/O schedulers. */
typedef struct {
    const char *file;
    bool is_default; /* "default 300", beside lines for devices */
} WeightFile;

static const WeightFile weights_v1[] = { { "blkio.weight" }, { "blkio.bfq.weight" } };
static const WeightFile weights_v2[] = { { "io.weight", true }, { "io.bfq.weight", true } };
static const WeightFile device_weights_v1[] = { { "blkio.weight_device" },
                                                { "blkio.bfq.weight_device" } };

typedef struct {
    const CgroupLayout *layout;
    const char *group;
    bool v2;
} BlockTarget;

static bool
write_value(const BlockTarget *target, const char *file, const char *value, GError **error)
{
    g_autofree char *path = g_strconcat(target->group, "/", file, NULL);

    return cgroup_write(target->layout, CGROUP_BLKIO, path, value, error);
}

/* The first of two files that the group has, or NULL. */
static const WeightFile *
weight_file(const BlockTarget *target, const WeightFile files[2])
{
    g_auto(Fd) group = cgroup_open(target->layout, CGROUP_BLKIO, target->group, NULL);
    size_t i;

    for (i = 0; group >= 0 && i < 2; i++) {
        if (faccessat(group, files[i].file, F_OK, 0) == 0)
            return &files[i];
    }
    return NULL;
}

static bool
fail_weight(GError **error)
{
    return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                "this host's kernel has no weights of block devices, which need the I/O scheduler "
                "bfq or the controller iocost; remove <weight> from <blkiotune>");
}

static bool
write_weight(const BlockTarget *target, uint64_t weight, GError **error)
{
    const WeightFile *file = weight_file(target, target->v2 ? weights_v2 : weights_v1);
    g_autofree char *value =
        g_strdup_printf("%s%" G_GUINT64_FORMAT, file && file->is_default ? "default " : "", weight);

    return file ? write_value(target, file->file, value, error) : fail_weight(error);
}

static bool
write_device_weight(const BlockTarget *target, const char *number, uint64_t weight, GError **error)
{
    const WeightFile *file = weight_file(target, target->v2 ? weights_v2 : device_weights_v1);
    g_autofree char *value = g_strdup_printf("%s %" G_GUINT64_FORMAT, number, weight);

    return file ? write_value(target, file->file, value, error) : fail_weight(error);
}

/* "8:0" of the node; NULL with error when it is none of a block device. */
static char *
device_number(const char *path, GError **error)
{
    struct stat status;

    if (stat(path, &status) < 0) {
        fail_errno(error, errno, "cannot look at '%s' of <blkiotune>", path);
        return NULL;
    }
    if (!S_ISBLK(status.st_mode)) {
        fail(error, FAILURE_CONFIG_UNSUPPORTED,
             "'%s' of <blkiotune> is no block device; name one such as /dev/sda", path);
        return NULL;
    }
    return g_strdup_printf("%u:%u", major(status.st_rdev), minor(status.st_rdev));
}

static bool
write_device(const BlockTarget *target, const ContainerBlockDevice *device, GError **error)
{
    const struct {
        uint64_t value;
        const char *v1;
        const char *v2;
    } rates[] = {
        { device->read_bytes, "blkio.throttle.read_bps_device", "rbps" },
        { device->write_bytes, "blkio.throttle.write_bps_device", "wbps" },
        { device->read_iops, "blkio.throttle.read_iops_device", "riops" },
        { device->write_iops, "blkio.throttle.write_iops_device", "wiops" },
    };
    g_autofree char *number = device_number(device->path, error);
    size_t i;

    if (!number || (device->weight != CONTAINER_UNSET &&
                    !write_device_weight(target, number, device->weight, error)))
        return false;
    for (i = 0; i < G_N_ELEMENTS(rates); i++) {
        g_autofree char *value =
            g_strdup_printf("%s %s%s%" G_GUINT64_FORMAT, number, target->v2 ? rates[i].v2 : "",
                            target->v2 ? "=" : "", rates[i].value);

        if (rates[i].value != CONTAINER_UNSET &&
            !write_value(target, target->v2 ? "io.max" : rates[i].v1, value, error))
            return false;
    }
    return true;
}

bool
limits_write_block(const CgroupLayout *layout, const char *group, const ContainerBlockIo *block_io,
                   GError **error)
{
    BlockTarget target = { layout, group, cgroup_version(layout, CGROUP_BLKIO) == 2 };
    guint i;

    if (block_io->weight == CONTAINER_UNSET && block_io->devices->len == 0)
        return true;
    if (!cgroup_has(layout, CGROUP_BLKIO))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "this host has no control of block devices (blkio or io); remove <blkiotune>");
    if (block_io->weight != CONTAINER_UNSET && !write_weight(&target, block_io->weight, error))
        return false;
    for (i = 0; i < block_io->devices->len; i++) {
        if (!write_device(&target, block_io->devices->pdata[i], error))
            return false;
    }
    return true;
}
