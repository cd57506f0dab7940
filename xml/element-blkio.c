/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <blkiotune>: rows. */
#include "xml/element-blkio.h"

#include <stddef.h>

#include "xml/elements.h"

#define LIMIT(path, member, most)                                                                \
    {                                                                                            \
        path, FIELD_UINT, offsetof(BlockDeviceTuning, member), .max = most,                      \
                                                               .bad = FAILURE_CONFIG_UNSUPPORTED \
    }

static const XmlField device_fields[] = {
    { "path", FIELD_STRING, offsetof(BlockDeviceTuning, path), FIELD_REQUIRED,
      .missing = FAILURE_CONFIG_UNSUPPORTED },
    LIMIT("weight", weight, UINT32_MAX),
    LIMIT("read_iops_sec", read_iops, UINT32_MAX),
    LIMIT("write_iops_sec", write_iops, UINT32_MAX),
    LIMIT("read_bytes_sec", read_bytes, UINT64_MAX),
    LIMIT("write_bytes_sec", write_bytes, UINT64_MAX),
    { NULL },
};

static bool
device_is_empty(const void *object)
{
    const BlockDeviceTuning *device = object;

    return !device->weight && !device->read_iops && !device->write_iops && !device->read_bytes &&
           !device->write_bytes;
}

static void device_free(void *device);

static const XmlType device_type = { "device", sizeof(BlockDeviceTuning), device_fields,
                                     .free = device_free, .is_empty = device_is_empty };

static void
device_free(void *device)
{
    xml_free(&device_type, device);
}

static const XmlField block_fields[] = {
    { "weight", FIELD_UINT, offsetof(BlockTuning, weight), FIELD_RUNNING, .max = UINT32_MAX },
    { "device", FIELD_STRUCTS, offsetof(BlockTuning, devices), FIELD_RUNNING,
      .type = &device_type },
    { NULL },
};

static bool
block_finish(const XmlContext *context, void *object, xmlNode *node, GError **error)
{
    const BlockTuning *tuning = object;
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    guint i;

    for (i = 0; i < tuning->devices->len; i++) {
        const BlockDeviceTuning *device = tuning->devices->pdata[i];

        if (!g_hash_table_add(seen, device->path))
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "more than one <device> in <blkiotune> has the path '%s'; remove one",
                        device->path);
    }
    return true;
}

const XmlType block_tuning_type = { "blkiotune", sizeof(BlockTuning), block_fields,
                                    .finish = block_finish };

BlockDeviceTuning *
block_tuning_device(BlockTuning *tuning, const char *path)
{
    BlockDeviceTuning *device;
    guint i;

    for (i = 0; i < tuning->devices->len; i++) {
        device = tuning->devices->pdata[i];
        if (g_str_equal(device->path, path))
            return device;
    }
    device = xml_new(&device_type);
    device->path = g_strdup(path);
    g_ptr_array_add(tuning->devices, device);
    return device;
}
