/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <memtune> and <cputune>: rows. */
#include "xml/element-tuning.h"

#include <stddef.h>

#include "xml/elements.h"

const XmlSize size_kib = { "unit", 1024, 1024, 1024, "KiB" };

#define LIMIT(path, member)                                                                   \
    {                                                                                         \
        path, FIELD_SIZE, offsetof(MemoryTuning, member), .size = &size_kib,                  \
                                                          .absent = (int64_t)TUNING_UNLIMITED \
    }

static const XmlField memory_fields[] = {
    LIMIT("hard_limit", hard_limit),
    LIMIT("soft_limit", soft_limit),
    LIMIT("min_guarantee", min_guarantee),
    LIMIT("swap_hard_limit", swap_hard_limit),
    { NULL },
};

const XmlType memory_tuning_type = { "memtune", sizeof(MemoryTuning), memory_fields };

#define KEPT(path)                                  \
    {                                               \
        path, FIELD_KEPT, offsetof(CpuTuning, kept) \
    }

static const XmlField cpu_fields[] = {
    { "shares", FIELD_UINT, offsetof(CpuTuning, shares), .absent = -1 },
    { "period", FIELD_UINT, offsetof(CpuTuning, period) },
    { "quota", FIELD_INT, offsetof(CpuTuning, quota) },
    KEPT("global_period"),
    KEPT("global_quota"),
    KEPT("emulator_period"),
    KEPT("emulator_quota"),
    KEPT("iothread_period"),
    KEPT("iothread_quota"),
    KEPT("vcpupin"),
    KEPT("emulatorpin"),
    KEPT("iothreadpin"),
    KEPT("vcpusched"),
    KEPT("iothreadsched"),
    KEPT("emulatorsched"),
    KEPT("cachetune"),
    KEPT("memorytune"),
    { NULL },
};

const XmlType cpu_tuning_type = { "cputune", sizeof(CpuTuning), cpu_fields };
