/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <memtune> and <cputune>: rows. */
#include "xml/element-tuning.h"

#include <stddef.h>

#include "xml/cpulist.h"
#include "xml/elements.h"

const XmlSize size_kib = { "unit", 1024, 1024, 1024, "KiB" };

#define LIMIT(path, member)                                              \
    {                                                                    \
        path, FIELD_SIZE, offsetof(MemoryTuning, member), FIELD_RUNNING, \
            .size = &size_kib, .absent = (int64_t)TUNING_UNLIMITED       \
    }

static const XmlField memory_fields[] = {
    LIMIT("hard_limit", hard_limit),
    LIMIT("soft_limit", soft_limit),
    LIMIT("min_guarantee", min_guarantee),
    LIMIT("swap_hard_limit", swap_hard_limit),
    { NULL },
};

const XmlType memory_tuning_type = { "memtune", sizeof(MemoryTuning), memory_fields };

static const XmlField vcpu_pin_fields[] = {
    { "@vcpu", FIELD_UINT, offsetof(CpuPin, id), FIELD_REQUIRED | FIELD_ALWAYS, .max = UINT16_MAX },
    { "@cpuset", FIELD_STRING, offsetof(CpuPin, cpuset), FIELD_REQUIRED },
    { NULL },
};
static const XmlField iothread_pin_fields[] = {
    { "@iothread", FIELD_UINT, offsetof(CpuPin, id), FIELD_REQUIRED | FIELD_NONZERO,
      .max = UINT32_MAX },
    { "@cpuset", FIELD_STRING, offsetof(CpuPin, cpuset), FIELD_REQUIRED },
    { NULL },
};

/* Makes the list canonical where it stands. */
static bool
finish_cpus(char **member, const char *element, GError **error)
{
    g_autofree char *given = g_steal_pointer(member);

    if (!given || cpulist_canonical(given, member) == CPULIST_OK)
        return true;
    return fail(error, FAILURE_INVALID_ARG,
                "invalid value '%.64s' for attribute 'cpuset' of <%s> in <cputune>: a list such as "
                "'0-3,8' is needed",
                given, element);
}

static bool
pin_finish(const XmlContext *context, void *object, xmlNode *node, GError **error)
{
    return finish_cpus(&((CpuPin *)object)->cpuset, (const char *)node->name, error);
}

static void
pin_free(void *pin)
{
    g_free(((CpuPin *)pin)->cpuset);
    g_free(pin);
}

static const XmlType vcpu_pin_type = { "vcpupin", sizeof(CpuPin), vcpu_pin_fields, .free = pin_free,
                                       .finish = pin_finish };
static const XmlType iothread_pin_type = { "iothreadpin", sizeof(CpuPin), iothread_pin_fields,
                                           .free = pin_free, .finish = pin_finish };

#define MEMBER(member) offsetof(CpuTuning, member)
#define KEPT(path)                     \
    {                                  \
        path, FIELD_KEPT, MEMBER(kept) \
    }

static const XmlField cpu_fields[] = {
    { "shares", FIELD_UINT, MEMBER(shares), FIELD_RUNNING, .absent = -1 },
    { "period", FIELD_UINT, MEMBER(period), FIELD_RUNNING },
    { "quota", FIELD_INT, MEMBER(quota), FIELD_RUNNING },
    { "global_period", FIELD_UINT, MEMBER(global_period) },
    { "global_quota", FIELD_INT, MEMBER(global_quota) },
    { "emulator_period", FIELD_UINT, MEMBER(emulator_period) },
    { "emulator_quota", FIELD_INT, MEMBER(emulator_quota) },
    { "iothread_period", FIELD_UINT, MEMBER(iothread_period) },
    { "iothread_quota", FIELD_INT, MEMBER(iothread_quota) },
    { "vcpupin", FIELD_STRUCTS, MEMBER(vcpu_pins), .type = &vcpu_pin_type },
    { "emulatorpin/@cpuset", FIELD_STRING, MEMBER(emulator_pin), FIELD_ONCE },
    { "iothreadpin", FIELD_STRUCTS, MEMBER(iothread_pins), .type = &iothread_pin_type },
    KEPT("vcpusched"),
    KEPT("iothreadsched"),
    KEPT("emulatorsched"),
    KEPT("cachetune"),
    KEPT("memorytune"),
    { NULL },
};

static bool
pins_are_single(const GPtrArray *pins, const char *element, const char *attribute, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_direct_hash, g_direct_equal);
    guint i;

    for (i = 0; i < pins->len; i++) {
        const CpuPin *pin = pins->pdata[i];

        if (!g_hash_table_add(seen, GSIZE_TO_POINTER((gsize)pin->id)))
            return fail(error, FAILURE_XML,
                        "more than one <%s> in <cputune> has %s='%" G_GUINT64_FORMAT
                        "'; remove one",
                        element, attribute, pin->id);
    }
    return true;
}

static gint
compare_pins(gconstpointer one, gconstpointer other)
{
    uint64_t left = (*(const CpuPin *const *)one)->id;
    uint64_t right = (*(const CpuPin *const *)other)->id;

    return left < right ? -1 : left > right;
}

static bool
cpu_finish(const XmlContext *context, void *object, xmlNode *node, GError **error)
{
    CpuTuning *tuning = object;

    g_ptr_array_sort(tuning->vcpu_pins, compare_pins);
    g_ptr_array_sort(tuning->iothread_pins, compare_pins);
    return finish_cpus(&tuning->emulator_pin, "emulatorpin", error) &&
           pins_are_single(tuning->vcpu_pins, "vcpupin", "vcpu", error) &&
           pins_are_single(tuning->iothread_pins, "iothreadpin", "iothread", error);
}

const XmlType cpu_tuning_type = { "cputune", sizeof(CpuTuning), cpu_fields, .finish = cpu_finish };
