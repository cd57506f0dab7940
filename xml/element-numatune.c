/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <numatune>: rows. */
#include "xml/element-numatune.h"

#include <stddef.h>

#include "xml/cpulist.h"
#include "xml/elements.h"

static const char *const modes[] = { "strict", "preferred", "interleave", "restrictive", NULL };
static const char *const placements[] = { "", "static", "auto", NULL };

/* The placement is said by its node set, or by its absence. */
static bool
placement_is_printed(const XmlWriter *writer, const void *object)
{
    return ((const NumaMemory *)object)->placement == NUMA_PLACEMENT_AUTO;
}

static bool
placement_read(const XmlContext *context, xmlNode *node, void *object, GError **error)
{
    g_autofree char *word = xml_attribute(node, "placement");
    NumaPlacement placement = NUMA_PLACEMENT_UNSET;

    for (; word && placements[placement]; placement++) {
        if (g_str_equal(placements[placement], word))
            break;
    }
    if (!placements[placement])
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "invalid value '%.32s' for attribute 'placement' of <memory> in <numatune>: "
                    "one of 'static', 'auto' is needed",
                    word);
    ((NumaMemory *)object)->placement = placement;
    return true;
}

static void
placement_print(XmlWriter *writer, const void *object)
{
    writer_attribute(writer, "placement", "auto");
}

static const XmlCodec codec_placement = { placement_read, placement_print, false,
                                          placement_is_printed };

static const XmlField memory_fields[] = {
    { "@mode", FIELD_ENUM, offsetof(NumaMemory, mode), FIELD_ALWAYS, .names = modes,
      .bad = FAILURE_CONFIG_UNSUPPORTED },
    { "@placement", FIELD_CUSTOM, .codec = &codec_placement },
    { "@nodeset", FIELD_STRING, offsetof(NumaMemory, nodeset), FIELD_RUNNING },
    { NULL },
};

static bool
memory_finish(const XmlContext *context, void *object, xmlNode *node, GError **error)
{
    NumaMemory *memory = object;
    g_autofree char *given = g_steal_pointer(&memory->nodeset);

    memory->present = true;
    if (given && cpulist_canonical(given, &memory->nodeset) != CPULIST_OK)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "invalid value '%.64s' for attribute 'nodeset' of <memory> in <numatune>: a "
                    "list of nodes such as '0-1,3' is needed",
                    given);
    if (memory->placement == NUMA_PLACEMENT_AUTO)
        g_clear_pointer(&memory->nodeset, g_free);
    else if (memory->nodeset)
        memory->placement = NUMA_PLACEMENT_STATIC;
    else if (memory->placement == NUMA_PLACEMENT_STATIC)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "missing attribute 'nodeset' of <memory> in <numatune>, which placement "
                    "'static' needs");
    return true;
}

static bool
memory_is_empty(const void *object)
{
    return !((const NumaMemory *)object)->present;
}

static const XmlType memory_type = { "memory", sizeof(NumaMemory), memory_fields,
                                     .finish = memory_finish, .is_empty = memory_is_empty };

static const XmlField numa_fields[] = {
    { "memory", FIELD_STRUCT, offsetof(NumaTuning, memory), .type = &memory_type },
    { "memnode", FIELD_KEPT, offsetof(NumaTuning, kept) },
    { NULL },
};

const XmlType numa_tuning_type = { "numatune", sizeof(NumaTuning), numa_fields };
