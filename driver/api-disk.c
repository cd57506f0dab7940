/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls on a disk: how fast it may be used, its size, and what is on it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"
#include "driver/api.h"
#include "driver/change.h"
#include "driver/disk-rates.h"
#include "driver/events.h"
#include "driver/image.h"
#include "driver/live.h"
#include "driver/look.h"
#include "driver/parameters.h"
#include "driver/report.h"
#include "driver/threshold.h"

/* constant of libvirt 12.3: resize only when the disk becomes larger, which is all we do */
#define RESIZE_EXTEND (1u << 2)

/* What a guest may do to a disk in a second: libvirt's parameters, which of them the kernel has,
 * and how events call them. */
static const ParameterRow rate_rows[] = {
    { VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC, VIR_TYPED_PARAM_ULLONG },
    { VIR_DOMAIN_BLOCK_IOTUNE_READ_BYTES_SEC, VIR_TYPED_PARAM_ULLONG },
    { VIR_DOMAIN_BLOCK_IOTUNE_WRITE_BYTES_SEC, VIR_TYPED_PARAM_ULLONG },
    { VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC, VIR_TYPED_PARAM_ULLONG },
    { VIR_DOMAIN_BLOCK_IOTUNE_READ_IOPS_SEC, VIR_TYPED_PARAM_ULLONG },
    { VIR_DOMAIN_BLOCK_IOTUNE_WRITE_IOPS_SEC, VIR_TYPED_PARAM_ULLONG },
    /* no kernel limits any of these by device; they may be given as 0 */
    { VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC_MAX, VIR_TYPED_PARAM_ULLONG },
    { VIR_DOMAIN_BLOCK_IOTUNE_READ_BYTES_SEC_MAX, VIR_TYPED_PARAM_ULLONG },
    { VIR_DOMAIN_BLOCK_IOTUNE_WRITE_BYTES_SEC_MAX, VIR_TYPED_PARAM_ULLONG },
    { VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC_MAX, VIR_TYPED_PARAM_ULLONG },
    { VIR_DOMAIN_BLOCK_IOTUNE_READ_IOPS_SEC_MAX, VIR_TYPED_PARAM_ULLONG },
    { VIR_DOMAIN_BLOCK_IOTUNE_WRITE_IOPS_SEC_MAX, VIR_TYPED_PARAM_ULLONG },
    { VIR_DOMAIN_BLOCK_IOTUNE_SIZE_IOPS_SEC, VIR_TYPED_PARAM_ULLONG },
    { VIR_DOMAIN_BLOCK_IOTUNE_GROUP_NAME, VIR_TYPED_PARAM_STRING },
    { VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC_MAX_LENGTH, VIR_TYPED_PARAM_ULLONG },
    { VIR_DOMAIN_BLOCK_IOTUNE_READ_BYTES_SEC_MAX_LENGTH, VIR_TYPED_PARAM_ULLONG },
    { VIR_DOMAIN_BLOCK_IOTUNE_WRITE_BYTES_SEC_MAX_LENGTH, VIR_TYPED_PARAM_ULLONG },
    { VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC_MAX_LENGTH, VIR_TYPED_PARAM_ULLONG },
    { VIR_DOMAIN_BLOCK_IOTUNE_READ_IOPS_SEC_MAX_LENGTH, VIR_TYPED_PARAM_ULLONG },
    { VIR_DOMAIN_BLOCK_IOTUNE_WRITE_IOPS_SEC_MAX_LENGTH, VIR_TYPED_PARAM_ULLONG },
    { NULL },
};

/* Those that clients are told, the first of the rows; a sum is always 0. */
#define RATES_TOLD 6

#define NO_MEMBER SIZE_MAX

static const struct {
    size_t member; /* uint64_t of DiskRates, NO_MEMBER: the kernel has none */
    const char *event;
    uint64_t max;
} rate_details[RATES_TOLD] = {
    { NO_MEMBER },
    { offsetof(DiskRates, read_bytes), VIR_DOMAIN_TUNABLE_BLKDEV_READ_BYTES_SEC, INT64_MAX },
    { offsetof(DiskRates, write_bytes), VIR_DOMAIN_TUNABLE_BLKDEV_WRITE_BYTES_SEC, INT64_MAX },
    { NO_MEMBER },
    { offsetof(DiskRates, read_iops), VIR_DOMAIN_TUNABLE_BLKDEV_READ_IOPS_SEC, UINT32_MAX },
    { offsetof(DiskRates, write_iops), VIR_DOMAIN_TUNABLE_BLKDEV_WRITE_IOPS_SEC, UINT32_MAX },
};

/* By target or source. */
static const Disk *
find_disk(const Definition *definition, const char *path, GError **error)
{
    guint i;

    for (i = 0; i < definition->disks->len; i++) {
        const Disk *disk = definition->disks->pdata[i];

        if (g_strcmp0(disk->target, path) == 0 || g_strcmp0(disk->source, path) == 0)
            return disk;
    }
    fail(error, FAILURE_INVALID_ARG,
         "domain '%s' has no disk '%s': give the target or the source of one, such as 'vda'",
         definition->name, path);
    return NULL;
}

/* A disk, copied so that nobody waits while it is looked at. */
typedef struct {
    Usage usage; /* .group NULL: config is meant, or nothing runs */
    Device *device;
    GPtrArray *nodes; /* of the guest, NULL: none */
} DiskLook;

static void
disk_look_clear(DiskLook *look)
{
    usage_clear(&look->usage);
    g_clear_pointer(&look->device, device_free);
    g_clear_pointer(&look->nodes, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DiskLook, disk_look_clear)

/* How a call asks for a disk. */
typedef struct {
    virDomainPtr handle;
    const char *path;
    unsigned int flags; /* AFFECT_FLAGS */
    bool running;       /* only of a running guest */
    Access access;
} DiskQuestion;

/* The result belongs to @look; NULL with error. */
static const Disk *
look_at_disk(DiskLook *look, const DiskQuestion *question, GError **error)
{
    g_auto(Reading) reading = { NULL };
    Domain *domain = domain_read(&reading, question->handle, question->access, error);
    const Definition *definition;
    const Disk *disk;

    if (!domain || (question->running && !domain_expect(domain, DOMAIN_ACTIVE, error)) ||
        !(definition = affect_read(domain, question->flags, error)) ||
        !(disk = find_disk(definition, question->path, error)))
        return NULL;
    look->device = device_of_disk(disk);
    if (definition == domain->live && domain->guest) {
        usage_begin(&look->usage, domain);
        if (domain->guest->nodes)
            look->nodes = g_ptr_array_ref(domain->guest->nodes);
    }
    return device_disk(look->device);
}

static int
api_domain_get_block_io_tune(virDomainPtr handle, const char *path, virTypedParameterPtr params,
                             int *nparams, unsigned int flags)
{
    const DiskQuestion question = { handle, path ? path : "", flags & AFFECT_FLAGS, false,
                                    ACL(virDomainGetBlockIoTuneEnsureACL) };
    g_autoptr(GError) error = NULL;
    g_auto(DiskLook) look = { { NULL } };
    const Disk *disk;
    DiskRates rates = { 0 };
    ParameterRoom room;
    size_t i;

    if (!report_check_flags(flags, LOOK_FLAGS))
        return -1;
    room = parameters_begin(params, nparams);
    /* how many there are is asked without a disk */
    if (*nparams > 0 || path) {
        if (!(disk = look_at_disk(&look, &question, &error)))
            return report(error);
        rates = disk->rates;
        if (look.usage.group &&
            !disk_rates_read(disk, look.nodes, look.usage.group, &rates, &error))
            return report(error);
    }
    for (i = 0; i < RATES_TOLD; i++)
        parameters_put_number(&room, &rate_rows[i],
                              rate_details[i].member == NO_MEMBER
                                  ? 0
                                  : G_STRUCT_MEMBER(uint64_t, &rates, rate_details[i].member));
    parameters_end(&room, nparams);
    return 0;
}

static bool
is_given(const virTypedParameter *parameter)
{
    return parameter->type == VIR_TYPED_PARAM_STRING ? *parameter->value.s != '\0'
                                                     : parameter->value.ul != 0;
}

static bool
check_rates(Parameters given, const char *path, GError **error)
{
    size_t i;

    for (i = 0; rate_rows[i].name; i++) {
        const virTypedParameter *parameter = parameters_find(given, rate_rows[i].name);
        bool possible = i < RATES_TOLD && rate_details[i].member != NO_MEMBER;

        if (!parameter)
            continue;
        if (!possible && is_given(parameter))
            return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                        "'%s' of disk '%s' is not possible: the kernel limits reading and writing "
                        "each, without bursts; use read_bytes_sec, write_bytes_sec, read_iops_sec "
                        "and write_iops_sec",
                        parameter->field, path);
        if (possible && parameter->value.ul > rate_details[i].max)
            return fail(error, FAILURE_INVALID_ARG,
                        "invalid value %llu of parameter '%s': no more than %" G_GUINT64_FORMAT
                        " is possible, and 0 means no limit",
                        parameter->value.ul, parameter->field, rate_details[i].max);
    }
    return true;
}

static void
set_rates(DiskRates *rates, Parameters given)
{
    size_t i;

    for (i = 0; i < RATES_TOLD; i++) {
        const virTypedParameter *parameter = parameters_find(given, rate_rows[i].name);

        if (parameter && rate_details[i].member != NO_MEMBER)
            G_STRUCT_MEMBER(uint64_t, rates, rate_details[i].member) = parameter->value.ul;
    }
}

/* @disk as it becomes. */
static Device *
device_with(const Disk *disk, Parameters given)
{
    Device *device = device_of_disk(disk);

    set_rates(&((Disk *)device_contents(device))->rates, given);
    return device;
}

static bool
set_config(Change *change, const char *path, Parameters given, GError **error)
{
    const Disk *disk = find_disk(change->config, path, error);
    g_autoptr(Device) device = disk ? device_with(disk, given) : NULL;

    return device && device_update(change->config, device, error);
}

static bool
set_live(Change *change, const char *path, Parameters given, GError **error)
{
    const Disk *disk = find_disk(change->live, path, error);
    g_autoptr(Device) before = disk ? device_of_disk(disk) : NULL;
    g_autoptr(Device) device = disk ? device_with(disk, given) : NULL;
    LiveChange live = { change->domain, change->live, change->group, device, before };

    if (!device || !live_update(&live, error))
        return false;
    if (change_commit(change, error))
        return true;
    live_undo_update(&live);
    return false;
}

static void
announce(Domain *domain, const char *path, Parameters given)
{
    virTypedParameterPtr params = NULL;
    int count = 0;
    int size = 0;
    size_t i;

    virTypedParamsAddString(&params, &count, &size, VIR_DOMAIN_TUNABLE_BLKDEV_DISK, path);
    for (i = 0; i < RATES_TOLD; i++) {
        const virTypedParameter *parameter = parameters_find(given, rate_rows[i].name);

        if (parameter && rate_details[i].member != NO_MEMBER)
            virTypedParamsAddULLong(&params, &count, &size, rate_details[i].event,
                                    parameter->value.ul);
    }
    event_tunable(domain, params, count);
}

static int
api_domain_set_block_io_tune(virDomainPtr handle, const char *path, virTypedParameterPtr params,
                             int nparams, unsigned int flags)
{
    Parameters given = { params, nparams };
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    g_auto(Change) change = { NULL };
    Domain *domain;
    bool live;

    if (!report_check_flags(flags, AFFECT_FLAGS))
        return -1;
    domain = operation_begin(&operation, handle, "set disk limits of",
                             ACL_FLAGS(virDomainSetBlockIoTuneEnsureACL, flags), &error);
    if (!domain || !parameters_check(given, rate_rows, "disks", &error) ||
        !check_rates(given, path, &error) || !change_begin(&change, domain, flags, &error))
        return report(error);
    live = change.live != NULL;
    if ((change.config && !set_config(&change, path, given, &error)) ||
        !(live ? set_live(&change, path, given, &error) : change_commit(&change, &error)))
        return report(error);
    if (live)
        announce(domain, path, given);
    return 0;
}

static bool
resize_disk(const Disk *disk, uint64_t size, GError **error)
{
    g_autofree char *what = g_strdup_printf("of disk '%s'", disk->target);
    dev_t device;

    if (disk->type == DISK_BLOCK)
        return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                    "disk '%s' is a block device of the host: change the size of '%s' there (for "
                    "instance with lvextend); the container sees it at once",
                    disk->target, disk->source);
    if (!disk->source)
        return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                    "disk '%s' has no image whose size could be changed", disk->target);
    if (disk->readonly)
        return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                    "disk '%s' is read-only: its size cannot be changed", disk->target);
    /* only the program that reads it knows what to make larger */
    if (disk->format > FILESYSTEM_FORMAT_RAW || g_strcmp0(disk->driver, "nbd") == 0)
        return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                    "the size of disk '%s' cannot be changed while the container runs: '%s' is not "
                    "read by a loop device; use 'qemu-img resize' when it is shut off",
                    disk->target, disk->source);
    return image_grow(disk->source, what, size, &device, error);
}

/* Of an image that is mounted for the guest; its file system grows with it. */
static bool
resize_filesystem(Domain *domain, const Filesystem *filesystem, uint64_t size, GError **error)
{
    g_autofree char *what = g_strdup_printf("of filesystem '%s'", filesystem->target);
    dev_t device;

    if (filesystem->type != FILESYSTEM_FILE || filesystem->readonly ||
        filesystem->driver_format > FILESYSTEM_FORMAT_RAW ||
        filesystem->driver_type == FILESYSTEM_DRIVER_NBD)
        return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                    "the size of filesystem '%s' cannot be changed: it must be a writable image "
                    "(type='file') of format raw",
                    filesystem->target);
    return image_grow(filesystem->source, what, size, &device, error) &&
           image_grow_filesystem(domain, filesystem->target, device, size, error);
}

static const Filesystem *
find_filesystem(const Definition *definition, const char *target)
{
    guint i;

    for (i = 0; i < definition->filesystems->len; i++) {
        const Filesystem *filesystem = definition->filesystems->pdata[i];

        if (g_strcmp0(filesystem->target, target) == 0)
            return filesystem;
    }
    return NULL;
}

static bool
resize(Domain *domain, const char *path, uint64_t size, GError **error)
{
    const Filesystem *filesystem = find_filesystem(domain->live, path);
    const Disk *disk;

    if (size > INT64_MAX)
        return fail(error, FAILURE_INVALID_ARG,
                    "%" G_GUINT64_FORMAT " is no size that a disk can have", size);
    if (filesystem)
        return resize_filesystem(domain, filesystem, size, error);
    disk = find_disk(domain->live, path, error);
    return disk && resize_disk(disk, size, error);
}

static int
api_domain_block_resize(virDomainPtr handle, const char *path, unsigned long long size,
                        unsigned int flags)
{
    unsigned unit = flags & VIR_DOMAIN_BLOCK_RESIZE_BYTES ? 1 : 1024;
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    Domain *domain;

    if (!report_check_flags(flags, VIR_DOMAIN_BLOCK_RESIZE_BYTES | RESIZE_EXTEND))
        return -1;
    if (!(domain = operation_begin(&operation, handle, "change the size of a disk of",
                                   ACL(virDomainBlockResizeEnsureACL), &error)) ||
        !domain_expect(domain, DOMAIN_OURS, &error) ||
        !resize(domain, path, size > UINT64_MAX / unit ? UINT64_MAX : size * unit, &error))
        return report(error);
    return 0;
}

/* Open for reading; -1 with error. */
static int
open_source(virDomainPtr handle, const Disk *disk, GError **error)
{
    int fd;

    if (!disk->source) {
        fail(error, FAILURE_OPERATION_UNSUPPORTED,
             "disk '%s' of domain '%s' has no file or block device as its source", disk->target,
             virDomainGetName(handle));
        return -1;
    }
    fd = open(disk->source, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        fail_errno(error, errno, "cannot open the source '%s' of disk '%s'", disk->source,
                   disk->target);
    return fd;
}

static int
api_domain_block_peek(virDomainPtr handle, const char *path, unsigned long long offset, size_t size,
                      void *buffer, unsigned int flags)
{
    const DiskQuestion question = { handle, path, 0, false, ACL(virDomainBlockPeekEnsureACL) };
    g_autoptr(GError) error = NULL;
    g_auto(DiskLook) look = { { NULL } };
    g_auto(Fd) fd = -1;
    const Disk *disk;
    ssize_t length;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!(disk = look_at_disk(&look, &question, &error)) ||
        (fd = open_source(handle, disk, &error)) < 0)
        return report(error);
    length = offset > INT64_MAX ? 0 : pread(fd, buffer, size, (off_t)offset);
    if (length < 0)
        fail_errno(&error, errno, "cannot read disk '%s' at %llu", disk->target, offset);
    else if ((size_t)length < size)
        fail(&error, FAILURE_INVALID_ARG,
             "disk '%s' has no %zu bytes at %llu: ask for less, domblkinfo tells its size",
             disk->target, size, offset);
    return error ? report(error) : 0;
}

/* There are none, but clients ask. */
static int
api_domain_get_block_job_info(virDomainPtr handle, const char *path, virDomainBlockJobInfoPtr info,
                              unsigned int flags)
{
    const DiskQuestion question = { handle, path, 0, true, ACL(virDomainGetBlockJobInfoEnsureACL) };
    g_autoptr(GError) error = NULL;
    g_auto(DiskLook) look = { { NULL } };

    if (!report_check_flags(flags, VIR_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES))
        return -1;
    memset(info, 0, sizeof(*info));
    return look_at_disk(&look, &question, &error) ? 0 : report(error);
}

/* A disk whose image grows as it is written. */
static bool
place_of_disk(const Disk *disk, ThresholdPlace *ret_place, GError **error)
{
    if (disk->type != DISK_FILE || !disk->source)
        return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                    "disk '%s' takes no room that grows: only one with an image (<source file=…>) "
                    "does",
                    disk->target);
    *ret_place = (ThresholdPlace){ disk->target, disk->source, false };
    return true;
}

/* An image as well; or a directory with a limit that its file system counts: then statfs(2) tells
 * no more of it than that. */
static bool
place_of_filesystem(const Filesystem *filesystem, ThresholdPlace *ret_place, GError **error)
{
    bool directory = filesystem->type == FILESYSTEM_MOUNT || filesystem->type == FILESYSTEM_BIND;
    struct statfs space;

    *ret_place = (ThresholdPlace){ filesystem->target, filesystem->source, directory };
    if (filesystem->type == FILESYSTEM_FILE)
        return true;
    if (directory && filesystem->space_hard_limit && statfs(filesystem->source, &space) == 0 &&
        (uint64_t)space.f_blocks * (uint64_t)space.f_frsize <=
            filesystem->space_hard_limit + (uint64_t)space.f_frsize)
        return true;
    return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                "the room that filesystem '%s' takes is not counted: use an image, or a directory "
                "of XFS or ext4 with <space_hard_limit>",
                filesystem->target);
}

static bool
find_place(const Definition *definition, const char *name, ThresholdPlace *ret_place,
           GError **error)
{
    const Filesystem *filesystem = find_filesystem(definition, name);
    const Disk *disk;

    if (filesystem)
        return place_of_filesystem(filesystem, ret_place, error);
    disk = find_disk(definition, name, error);
    return disk && place_of_disk(disk, ret_place, error);
}

static int
api_domain_set_block_threshold(virDomainPtr handle, const char *name, unsigned long long bytes,
                               unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    ThresholdPlace place;
    Domain *domain;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!(domain = operation_begin(&operation, handle, "set a threshold of",
                                   ACL(virDomainSetBlockThresholdEnsureACL), &error)) ||
        !domain_expect(domain, DOMAIN_OURS, &error) ||
        !find_place(domain->live, name, &place, &error) ||
        !threshold_set(domain, &place, bytes, &error))
        return report(error);
    return 0;
}

const ApiSlot disk_api[] = {
    API(domainSetBlockThreshold, api_domain_set_block_threshold),
    API(domainGetBlockIoTune, api_domain_get_block_io_tune),
    API(domainSetBlockIoTune, api_domain_set_block_io_tune),
    API(domainBlockResize, api_domain_block_resize),
    API(domainBlockPeek, api_domain_block_peek),
    API(domainGetBlockJobInfo, api_domain_get_block_job_info),
    { NULL, NULL },
};
