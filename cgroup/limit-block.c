/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Weights and limits of block devices, whose numbers are those of their nodes on the host. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cgroup/limit.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

/* Where weights go: which of the files there is depends on the kernel and its I/O schedulers. */
typedef struct {
    const char *file;    /* of the group's own weight */
    const char *devices; /* of weights of devices */
    bool is_default;     /* both are one file, with "default 300" beside lines for devices */
    const char *none;    /* takes a device's weight away */
    uint64_t max;        /* the least is 1, or 10 for the oldest */
    uint64_t min;
} WeightFile;

#define WEIGHT_FILES 2

static const WeightFile weights_v1[WEIGHT_FILES] = {
    { "blkio.weight", "blkio.weight_device", false, "0", 1000, 10 },
    { "blkio.bfq.weight", "blkio.bfq.weight_device", false, "default", 1000, 1 },
};
static const WeightFile weights_v2[WEIGHT_FILES] = {
    { "io.weight", "io.weight", true, "default", 10000, 1 },
    { "io.bfq.weight", "io.bfq.weight", true, "default", 1000, 1 },
};

typedef struct {
    const char *v1;
    const char *v2; /* word in io.max */
    size_t member;  /* uint64_t of ContainerBlockDevice */
} Rate;

static const Rate rates[] = {
    { "blkio.throttle.read_bps_device", "rbps", offsetof(ContainerBlockDevice, read_bytes) },
    { "blkio.throttle.write_bps_device", "wbps", offsetof(ContainerBlockDevice, write_bytes) },
    { "blkio.throttle.read_iops_device", "riops", offsetof(ContainerBlockDevice, read_iops) },
    { "blkio.throttle.write_iops_device", "wiops", offsetof(ContainerBlockDevice, write_iops) },
};

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

/* Those of the files that the group has, at most WEIGHT_FILES; their number. Each is of another I/O
 * scheduler, and which one a device has may differ and change: what is meant is written to all. */
static size_t
weight_files(const BlockTarget *target, const WeightFile *ret_found[WEIGHT_FILES])
{
    const WeightFile *files = target->v2 ? weights_v2 : weights_v1;
    g_auto(Fd) group = cgroup_open(target->layout, CGROUP_BLKIO, target->group, NULL);
    size_t count = 0;
    size_t i;

    for (i = 0; group >= 0 && i < WEIGHT_FILES; i++) {
        if (faccessat(group, files[i].file, F_OK, 0) == 0)
            ret_found[count++] = &files[i];
    }
    return count;
}

/* The files for @weight, whose range is that of the first; 0 with error when there are none or it
 * is not in the range. */
static size_t
weight_files_for(const BlockTarget *target, uint64_t weight,
                 const WeightFile *ret_found[WEIGHT_FILES], GError **error)
{
    size_t count = weight_files(target, ret_found);

    if (count == 0)
        fail(error, FAILURE_CONFIG_UNSUPPORTED,
             "this host's kernel has no weights of block devices, which need the I/O scheduler bfq "
             "or the controller iocost; remove <weight> from <blkiotune>");
    else if (weight < ret_found[0]->min || weight > ret_found[0]->max)
        fail(error, FAILURE_INVALID_ARG,
             "weight %" G_GUINT64_FORMAT " of block devices is not possible on this host: between "
             "%" G_GUINT64_FORMAT " and %" G_GUINT64_FORMAT " are",
             weight, ret_found[0]->min, ret_found[0]->max);
    else
        return count;
    return 0;
}

static bool
write_weight(const BlockTarget *target, uint64_t weight, GError **error)
{
    const WeightFile *files[WEIGHT_FILES];
    size_t count = weight_files_for(target, weight, files, error);
    size_t i;

    for (i = 0; i < count; i++) {
        g_autofree char *value =
            g_strdup_printf("%s%" G_GUINT64_FORMAT, files[i]->is_default ? "default " : "",
                            CLAMP(weight, files[i]->min, files[i]->max));

        if (!write_value(target, files[i]->file, value, error))
            return false;
    }
    return count > 0;
}

/* Only the scheduler that the device has takes it. */
static bool
write_device_weight(const BlockTarget *target, const char *number, uint64_t weight, GError **error)
{
    const WeightFile *files[WEIGHT_FILES];
    size_t count =
        weight == 0 ? weight_files(target, files) : weight_files_for(target, weight, files, error);
    bool taken = false;
    size_t i;

    for (i = 0; i < count; i++) {
        g_autofree char *value = weight == 0
                                     ? g_strdup_printf("%s %s", number, files[i]->none)
                                     : g_strdup_printf("%s %" G_GUINT64_FORMAT, number,
                                                       CLAMP(weight, files[i]->min, files[i]->max));

        taken |= write_value(target, files[i]->devices, value, i == 0 ? error : NULL);
    }
    if (taken)
        g_clear_error(error);
    return taken || (count == 0 && weight == 0);
}

/* The kernel limits whole disks; one whose number is not known to sysfs is taken as it is. */
char *
limit_disk_number(unsigned major_number, unsigned minor_number)
{
    g_autofree char *number = g_strdup_printf("%u:%u", major_number, minor_number);
    g_autofree char *partition = g_strdup_printf("/sys/dev/block/%s/partition", number);
    g_autofree char *disk = g_strdup_printf("/sys/dev/block/%s/../dev", number);
    g_autofree char *whole = NULL;

    if (g_file_test(partition, G_FILE_TEST_EXISTS) && g_file_get_contents(disk, &whole, NULL, NULL))
        return g_strdup(g_strstrip(whole));
    return g_steal_pointer(&number);
}

char *
limit_device_number(const char *path, GError **error)
{
    struct stat status;
    dev_t device;

    if (stat(path, &status) < 0) {
        fail_errno(error, errno, "cannot look at '%s' of <blkiotune>", path);
        return NULL;
    }
    device = S_ISBLK(status.st_mode) ? status.st_rdev : status.st_dev;
    if (major(device) == 0) {
        fail(error, FAILURE_CONFIG_UNSUPPORTED,
             "'%s' of <blkiotune> is no block device and on none; name one such as /dev/sda", path);
        return NULL;
    }
    return limit_disk_number(major(device), minor(device));
}

static bool
write_rate(const BlockTarget *target, const char *number, const Rate *rate, uint64_t value,
           GError **error)
{
    g_autofree char *text = NULL;

    if (!target->v2)
        text = g_strdup_printf("%s %" G_GUINT64_FORMAT, number, value);
    else if (value == 0)
        text = g_strdup_printf("%s %s=max", number, rate->v2);
    else
        text = g_strdup_printf("%s %s=%" G_GUINT64_FORMAT, number, rate->v2, value);
    return write_value(target, target->v2 ? "io.max" : rate->v1, text, error);
}

static bool
write_device(const BlockTarget *target, const char *number, const ContainerBlockDevice *device,
             GError **error)
{
    size_t i;

    if (device->weight != CONTAINER_UNSET &&
        !write_device_weight(target, number, device->weight, error))
        return false;
    for (i = 0; i < G_N_ELEMENTS(rates); i++) {
        uint64_t value = G_STRUCT_MEMBER(uint64_t, device, rates[i].member);

        if (value != CONTAINER_UNSET && !write_rate(target, number, &rates[i], value, error))
            return false;
    }
    return true;
}

static bool
expect_block(const CgroupLayout *layout, GError **error)
{
    if (cgroup_has(layout, CGROUP_BLKIO))
        return true;
    return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                "this host has no control of block devices (blkio or io); remove <blkiotune>, and "
                "<iotune> of disks");
}

/* Whether there is nothing to limit. */
static bool
is_unlimited(const ContainerBlockDevice *device)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(rates); i++) {
        uint64_t value = G_STRUCT_MEMBER(uint64_t, device, rates[i].member);

        if (value != CONTAINER_UNSET && value != 0)
            return false;
    }
    return device->weight == CONTAINER_UNSET;
}

bool
limit_write_block_device(const CgroupLayout *layout, const char *group, const char *number,
                         const ContainerBlockDevice *device, GError **error)
{
    BlockTarget target = { layout, group, cgroup_version(layout, CGROUP_BLKIO) == 2 };

    if (!cgroup_has(layout, CGROUP_BLKIO) && is_unlimited(device))
        return true;
    return expect_block(layout, error) && write_device(&target, number, device, error);
}

bool
limit_write_block(const CgroupLayout *layout, const char *group, const ContainerBlockIo *block_io,
                  GError **error)
{
    BlockTarget target = { layout, group, cgroup_version(layout, CGROUP_BLKIO) == 2 };
    guint i;

    if (block_io->weight == CONTAINER_UNSET && block_io->devices->len == 0)
        return true;
    if (!expect_block(layout, error))
        return false;
    if (block_io->weight != CONTAINER_UNSET && !write_weight(&target, block_io->weight, error))
        return false;
    for (i = 0; i < block_io->devices->len; i++) {
        const ContainerBlockDevice *device = block_io->devices->pdata[i];
        g_autofree char *number = limit_device_number(device->path, error);

        if (!number || !write_device(&target, number, device, error))
            return false;
    }
    return true;
}

/* "/dev/vda" for "254:0", as the kernel names it. */
static char *
device_path(const char *number)
{
    g_autofree char *link = g_strconcat("/sys/dev/block/", number, NULL);
    g_autofree char *target = g_file_read_link(link, NULL);
    g_autofree char *name = NULL;

    if (!target)
        return g_strconcat("/dev/block/", number, NULL);
    /* sysfs has '!' for the '/' of names such as "cciss/c0d0" */
    name = g_strdelimit(g_path_get_basename(target), "!", '/');
    return g_strconcat("/dev/", name, NULL);
}

/* The element for the device whose number starts @line; a new one when it is the first time. */
static ContainerBlockDevice *
device_of(ContainerBlockIo *block_io, const char *line)
{
    g_autofree char *number = g_strndup(line, strcspn(line, " "));
    g_autofree char *path = device_path(number);
    ContainerBlockDevice *device;
    guint i;

    for (i = 0; i < block_io->devices->len; i++) {
        device = block_io->devices->pdata[i];
        if (g_str_equal(device->path, path))
            return device;
    }
    device = json_new(&container_block_device_type);
    device->path = g_steal_pointer(&path);
    device->weight = device->read_bytes = device->write_bytes = CONTAINER_UNSET;
    device->read_iops = device->write_iops = CONTAINER_UNSET;
    g_ptr_array_add(block_io->devices, device);
    return device;
}

/* Lines of @file, none when there is no such file. */
static char **
read_lines(const BlockTarget *target, const char *file)
{
    g_autofree char *text = cgroup_read(target->layout, CGROUP_BLKIO, target->group, file, NULL);

    return g_strsplit(text ? g_strstrip(text) : "", "\n", -1);
}

static const char *
second_word(const char *line)
{
    const char *blank = strchr(line, ' ');

    return blank ? blank + 1 : "";
}

static void
read_device_weights(const BlockTarget *target, const WeightFile *file, ContainerBlockIo *block_io)
{
    g_auto(GStrv) lines = read_lines(target, file->devices);
    size_t i;

    for (i = 0; lines[i]; i++) {
        if (g_ascii_isdigit(lines[i][0]) && strchr(lines[i], ':'))
            device_of(block_io, lines[i])->weight =
                g_ascii_strtoull(second_word(lines[i]), NULL, 10);
    }
}

static void
read_weights(const BlockTarget *target, ContainerBlockIo *block_io)
{
    const WeightFile *files[WEIGHT_FILES];
    size_t count = weight_files(target, files);
    g_auto(GStrv) own = count > 0 ? read_lines(target, files[0]->file) : NULL;

    if (!own || !own[0])
        return;
    /* one number, or "default 100"; bfq of v1 has that too, before its lines of devices */
    block_io->weight =
        g_ascii_strtoull(g_ascii_isdigit(own[0][0]) ? own[0] : second_word(own[0]), NULL, 10);
    /* the first one counts, as its range is the one that is asked for */
    while (count-- > 0)
        read_device_weights(target, files[count], block_io);
}

static void
read_rate(const BlockTarget *target, const Rate *rate, ContainerBlockIo *block_io)
{
    g_auto(GStrv) lines = read_lines(target, target->v2 ? "io.max" : rate->v1);
    size_t i;

    for (i = 0; lines[i]; i++) {
        const char *value = second_word(lines[i]);

        if (target->v2) {
            g_autofree char *word = g_strconcat(" ", rate->v2, "=", NULL);

            value = strstr(lines[i], word);
            value = value ? value + strlen(word) : "max";
        }
        if (g_ascii_isdigit(value[0]))
            G_STRUCT_MEMBER(uint64_t, device_of(block_io, lines[i]), rate->member) =
                g_ascii_strtoull(value, NULL, 10);
    }
}

ContainerBlockIo *
limit_read_block(const CgroupLayout *layout, const char *group, GError **error)
{
    BlockTarget target = { layout, group, cgroup_version(layout, CGROUP_BLKIO) == 2 };
    g_autoptr(ContainerBlockIo) block_io = NULL;
    g_auto(Fd) directory = -1;
    size_t i;

    /* each of the files may be missing, the group may not */
    if (!expect_block(layout, error) ||
        (directory = cgroup_open(layout, CGROUP_BLKIO, group, error)) < 0)
        return NULL;
    block_io = json_new(&container_block_io_type);
    block_io->weight = CONTAINER_UNSET;
    block_io->devices = json_array_new(&container_block_device_type);
    read_weights(&target, block_io);
    for (i = 0; i < G_N_ELEMENTS(rates); i++)
        read_rate(&target, &rates[i], block_io);
    return g_steal_pointer(&block_io);
}

bool
limit_read_block_device(const CgroupLayout *layout, const char *group, const char *number,
                        ContainerBlockDevice *ret_device, GError **error)
{
    ContainerBlockIo *block_io = limit_read_block(layout, group, error);
    const ContainerBlockDevice *device;

    if (!block_io)
        return false;
    device = device_of(block_io, number);
    *ret_device = *device;
    ret_device->path = NULL;
    limit_block_free(block_io);
    return true;
}

void
limit_block_free(ContainerBlockIo *block_io)
{
    json_free(&container_block_io_type, block_io);
}
