/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls on weights and rates of block devices. */
#include <string.h>

#include "cgroup/limit.h"
#include "controller/wire/failure.h"
#include "driver/api.h"
#include "driver/change.h"
#include "driver/host.h"
#include "driver/look.h"
#include "driver/parameters.h"
#include "driver/report.h"

/* The widest range any kernel has; what this one takes is asked when it is live. */
#define WEIGHT_MAX 10000

static const ParameterRow block_rows[] = {
    { VIR_DOMAIN_BLKIO_WEIGHT, VIR_TYPED_PARAM_UINT },
    { VIR_DOMAIN_BLKIO_DEVICE_WEIGHT, VIR_TYPED_PARAM_STRING },
    { VIR_DOMAIN_BLKIO_DEVICE_READ_IOPS, VIR_TYPED_PARAM_STRING },
    { VIR_DOMAIN_BLKIO_DEVICE_WRITE_IOPS, VIR_TYPED_PARAM_STRING },
    { VIR_DOMAIN_BLKIO_DEVICE_READ_BPS, VIR_TYPED_PARAM_STRING },
    { VIR_DOMAIN_BLKIO_DEVICE_WRITE_BPS, VIR_TYPED_PARAM_STRING },
    { NULL },
};

#define BLOCK_DEVICE_ROWS (G_N_ELEMENTS(block_rows) - 2)

/* Those of a device: block_rows[1] and on. */
static const struct {
    size_t tuning; /* uint64_t of BlockDeviceTuning, 0: nothing said */
    size_t kernel; /* uint64_t of ContainerBlockDevice, UNSET: none */
    uint64_t max;
} device_members[BLOCK_DEVICE_ROWS] = {
    { offsetof(BlockDeviceTuning, weight), offsetof(ContainerBlockDevice, weight), WEIGHT_MAX },
    { offsetof(BlockDeviceTuning, read_iops), offsetof(ContainerBlockDevice, read_iops),
      UINT32_MAX },
    { offsetof(BlockDeviceTuning, write_iops), offsetof(ContainerBlockDevice, write_iops),
      UINT32_MAX },
    { offsetof(BlockDeviceTuning, read_bytes), offsetof(ContainerBlockDevice, read_bytes),
      INT64_MAX },
    { offsetof(BlockDeviceTuning, write_bytes), offsetof(ContainerBlockDevice, write_bytes),
      INT64_MAX },
};

static uint64_t *
tuning_member(const BlockDeviceTuning *device, size_t row)
{
    return G_STRUCT_MEMBER_P(device, device_members[row].tuning);
}

static uint64_t *
kernel_member(const ContainerBlockDevice *device, size_t row)
{
    return G_STRUCT_MEMBER_P(device, device_members[row].kernel);
}

static ContainerBlockIo *
block_io_new(void)
{
    ContainerBlockIo *block_io = json_new(&container_block_io_type);

    block_io->weight = CONTAINER_UNSET;
    block_io->devices = json_array_new(&container_block_device_type);
    return block_io;
}

/* The device with that path, a new one without values when there is none. */
static ContainerBlockDevice *
block_io_device(ContainerBlockIo *block_io, const char *path)
{
    ContainerBlockDevice *device;
    size_t row;
    guint i;

    for (i = 0; i < block_io->devices->len; i++) {
        device = block_io->devices->pdata[i];
        if (g_str_equal(device->path, path))
            return device;
    }
    device = json_new(&container_block_device_type);
    device->path = g_strdup(path);
    for (row = 0; row < BLOCK_DEVICE_ROWS; row++)
        *kernel_member(device, row) = CONTAINER_UNSET;
    g_ptr_array_add(block_io->devices, device);
    return device;
}

/* What the definition says, as the kernel would have it. */
static ContainerBlockIo *
block_io_of(const BlockTuning *tuning)
{
    ContainerBlockIo *block_io = block_io_new();
    size_t row;
    guint i;

    if (tuning->weight)
        block_io->weight = tuning->weight;
    for (i = 0; i < tuning->devices->len; i++) {
        const BlockDeviceTuning *said = tuning->devices->pdata[i];
        ContainerBlockDevice *device = block_io_device(block_io, said->path);

        for (row = 0; row < BLOCK_DEVICE_ROWS; row++) {
            if (*tuning_member(said, row))
                *kernel_member(device, row) = *tuning_member(said, row);
        }
    }
    return block_io;
}

/* The device of @block_io that is the disk of @path, however either is called; or NULL. */
static ContainerBlockDevice *
same_device(const ContainerBlockIo *block_io, const char *path)
{
    g_autofree char *number = limit_device_number(path, NULL);
    guint i;

    for (i = 0; number && i < block_io->devices->len; i++) {
        ContainerBlockDevice *device = block_io->devices->pdata[i];
        g_autofree char *other = limit_device_number(device->path, NULL);

        if (g_strcmp0(number, other) == 0)
            return device;
    }
    return NULL;
}

/* Calls devices by the paths of the definition. */
static void
name_devices(ContainerBlockIo *block_io, const ContainerBlockIo *said)
{
    guint i;

    for (i = 0; i < said->devices->len; i++) {
        const ContainerBlockDevice *named = said->devices->pdata[i];
        ContainerBlockDevice *device = same_device(block_io, named->path);

        if (!device)
            continue;
        g_free(device->path);
        device->path = g_strdup(named->path);
    }
}

/* "/dev/sda,1000,/dev/sdb,2000" */
static char *
device_text(const ContainerBlockIo *block_io, size_t row)
{
    GString *text = g_string_new(NULL);
    guint i;

    for (i = 0; i < block_io->devices->len; i++) {
        const ContainerBlockDevice *device = block_io->devices->pdata[i];
        uint64_t value = *kernel_member(device, row);

        if (value != CONTAINER_UNSET)
            g_string_append_printf(text, "%s%s,%" G_GUINT64_FORMAT, text->len ? "," : "",
                                   device->path, value);
    }
    return g_string_free(text, FALSE);
}

/* What is live or configured; NULL with error. */
static ContainerBlockIo *
read_block(virDomainPtr handle, unsigned int flags, GError **error)
{
    g_auto(Look) look = { { NULL } };
    g_autoptr(ContainerBlockIo) said = NULL;
    g_autoptr(ContainerBlockIo) block_io = NULL;
    const Definition *definition =
        look_begin(&look, handle, flags, ACL(virDomainGetBlkioParametersEnsureACL), error);

    if (!definition)
        return NULL;
    said = block_io_of(&definition->block_tuning);
    look_unlock(&look);
    if (!look.usage.group || !cgroup_has(host_cgroups(), CGROUP_BLKIO))
        return g_steal_pointer(&said);
    block_io = limit_read_block(host_cgroups(), look.usage.group, error);
    if (!look_expect(&look, block_io != NULL, error))
        return NULL;
    name_devices(block_io, said);
    return g_steal_pointer(&block_io);
}

static int
api_domain_get_blkio_parameters(virDomainPtr handle, virTypedParameterPtr params, int *nparams,
                                unsigned int flags)
{
    g_autoptr(ContainerBlockIo) block_io = NULL;
    g_autoptr(GError) error = NULL;
    ParameterRoom room;
    size_t row;

    if (!report_check_flags(flags, LOOK_FLAGS))
        return -1;
    if (!(block_io = read_block(handle, flags, &error)))
        return report(error);
    room = parameters_begin(params, nparams);
    parameters_put_number(&room, &block_rows[0],
                          block_io->weight == CONTAINER_UNSET ? 0 : block_io->weight);
    for (row = 0; row < BLOCK_DEVICE_ROWS; row++) {
        g_autofree char *text = device_text(block_io, row);

        parameters_put_text(&room, &block_rows[row + 1], text);
    }
    parameters_end(&room, nparams);
    return 0;
}

/* Puts the pairs of one parameter into @block_io; 0 is a value here, which takes one away. */
static bool
read_pairs(const virTypedParameter *parameter, size_t row, ContainerBlockIo *block_io,
           GError **error)
{
    g_auto(GStrv) words = g_strsplit(parameter->value.s, ",", -1);
    size_t i;

    for (i = 0; words[i]; i += 2) {
        ContainerBlockDevice *device;
        guint64 value;

        if (words[i][0] != '/' || !words[i + 1] ||
            !g_ascii_string_to_unsigned(words[i + 1], 10, 0, device_members[row].max, &value, NULL))
            return fail(error, FAILURE_INVALID_ARG,
                        "invalid value '%.128s' of parameter '%s': paths and numbers such as "
                        "'/dev/sda,500,/dev/sdb,0' are needed, no number above %" G_GUINT64_FORMAT,
                        parameter->value.s, parameter->field, device_members[row].max);
        device = block_io_device(block_io, words[i]);
        if (*kernel_member(device, row) != CONTAINER_UNSET)
            return fail(error, FAILURE_INVALID_ARG,
                        "invalid value '%.128s' of parameter '%s': '%s' is there more than once",
                        parameter->value.s, parameter->field, words[i]);
        *kernel_member(device, row) = value;
    }
    return true;
}

/* What is given, NULL with error. */
static ContainerBlockIo *
read_given(Parameters given, GError **error)
{
    g_autoptr(ContainerBlockIo) block_io = block_io_new();
    const virTypedParameter *parameter = parameters_find(given, VIR_DOMAIN_BLKIO_WEIGHT);
    size_t row;

    if (parameter) {
        if (parameter->value.ui > WEIGHT_MAX) {
            fail(error, FAILURE_INVALID_ARG,
                 "invalid value '%u' of parameter '%s': no more than %d is possible",
                 parameter->value.ui, parameter->field, WEIGHT_MAX);
            return NULL;
        }
        block_io->weight = parameter->value.ui;
    }
    for (row = 0; row < BLOCK_DEVICE_ROWS; row++) {
        parameter = parameters_find(given, block_rows[row + 1].name);
        if (parameter && *parameter->value.s && !read_pairs(parameter, row, block_io, error))
            return NULL;
    }
    return g_steal_pointer(&block_io);
}

static void
set_tuning(BlockTuning *tuning, const ContainerBlockIo *given)
{
    size_t row;
    guint i;

    if (given->weight != CONTAINER_UNSET)
        tuning->weight = given->weight;
    for (i = 0; i < given->devices->len; i++) {
        const ContainerBlockDevice *device = given->devices->pdata[i];
        BlockDeviceTuning *said = block_tuning_device(tuning, device->path);

        for (row = 0; row < BLOCK_DEVICE_ROWS; row++) {
            if (*kernel_member(device, row) != CONTAINER_UNSET)
                *tuning_member(said, row) = *kernel_member(device, row);
        }
    }
}

/* What takes @after back where @before was. */
static ContainerBlockIo *
opposite(const ContainerBlockIo *before, const ContainerBlockIo *after)
{
    ContainerBlockIo *back = block_io_new();
    size_t row;
    guint i;

    if (after->weight != CONTAINER_UNSET)
        back->weight = before->weight;
    for (i = 0; i < after->devices->len; i++) {
        const ContainerBlockDevice *changed = after->devices->pdata[i];
        const ContainerBlockDevice *was = same_device(before, changed->path);
        ContainerBlockDevice *device = block_io_device(back, changed->path);

        for (row = 0; row < BLOCK_DEVICE_ROWS; row++) {
            uint64_t value = was ? *kernel_member(was, row) : CONTAINER_UNSET;

            if (*kernel_member(changed, row) != CONTAINER_UNSET)
                *kernel_member(device, row) = value == CONTAINER_UNSET ? 0 : value;
        }
    }
    return back;
}

static bool
set_block(Change *change, const ContainerBlockIo *given, GError **error)
{
    g_autoptr(ContainerBlockIo) before = NULL;
    g_autoptr(ContainerBlockIo) back = NULL;

    if (change->config)
        set_tuning(&change->config->block_tuning, given);
    if (!change->live)
        return change_commit(change, error);
    set_tuning(&change->live->block_tuning, given);
    if (!(before = limit_read_block(host_cgroups(), change->group, error)))
        return false;
    back = opposite(before, given);
    if (limit_write_block(host_cgroups(), change->group, given, error) &&
        change_commit(change, error))
        return true;
    limit_write_block(host_cgroups(), change->group, back, NULL);
    return false;
}

static int
api_domain_set_blkio_parameters(virDomainPtr handle, virTypedParameterPtr params, int nparams,
                                unsigned int flags)
{
    Parameters parameters = { params, nparams };
    g_autoptr(ContainerBlockIo) given = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    g_auto(Change) change = { NULL };
    Domain *domain;

    if (!report_check_flags(flags, AFFECT_FLAGS))
        return -1;
    domain = operation_begin(&operation, handle, "set block device limits of",
                             ACL_FLAGS(virDomainSetBlkioParametersEnsureACL, flags), &error);
    if (!domain || !parameters_check(parameters, block_rows, "block devices", &error) ||
        !(given = read_given(parameters, &error)) ||
        !change_begin(&change, domain, flags, &error) || !set_block(&change, given, &error))
        return report(error);
    return 0;
}

const ApiSlot limits_block_api[] = {
    API(domainGetBlkioParameters, api_domain_get_blkio_parameters),
    API(domainSetBlkioParameters, api_domain_set_blkio_parameters),
    { NULL, NULL },
};
