/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From vcpus to processors and time. */
#include "xml/processors.h"

#include "xml/cpulist.h"

CpuPin *
processors_pin(const Definition *definition, unsigned vcpu)
{
    const GPtrArray *pins = definition->cpu_tuning.vcpu_pins;
    guint i;

    for (i = 0; i < pins->len; i++) {
        CpuPin *pin = pins->pdata[i];

        if (pin->id == vcpu)
            return pin;
    }
    return NULL;
}

static gint
compare_pins(gconstpointer one, gconstpointer other)
{
    uint64_t left = (*(CpuPin *const *)one)->id;
    uint64_t right = (*(CpuPin *const *)other)->id;

    return left < right ? -1 : left > right;
}

void
processors_set_pin(Definition *definition, unsigned vcpu, const char *list)
{
    CpuPin *pin = processors_pin(definition, vcpu);

    if (!pin) {
        pin = g_new0(CpuPin, 1);
        pin->id = vcpu;
        g_ptr_array_add(definition->cpu_tuning.vcpu_pins, pin);
        g_ptr_array_sort(definition->cpu_tuning.vcpu_pins, compare_pins);
    }
    g_free(pin->cpuset);
    pin->cpuset = g_strdup(list);
}

char *
processors_allowed(const Definition *definition)
{
    /* placement 'auto' leaves the choice to the host */
    const char *others = definition->vcpu_placement_auto ? NULL : definition->cpuset;
    g_autoptr(GString) all = g_string_new(NULL);
    char *list = NULL;
    unsigned vcpu;

    if (definition->cpu_tuning.vcpu_pins->len == 0)
        return g_strdup(others);
    for (vcpu = 0; vcpu < definition->vcpus_online; vcpu++) {
        const CpuPin *pin = processors_pin(definition, vcpu);
        const char *own = pin ? pin->cpuset : others;

        if (!own)
            return NULL;
        g_string_append_printf(all, "%s%s", all->len ? "," : "", own);
    }
    return cpulist_canonical(all->str, &list) == CPULIST_OK ? list : NULL;
}

int64_t
processors_quota(const Definition *definition, bool always)
{
    const CpuTuning *tuning = &definition->cpu_tuning;
    int64_t quota = MAX(tuning->quota, -1);
    uint64_t period = tuning->period ? tuning->period : PROCESSORS_PERIOD;
    int64_t most;

    most = (int64_t)(definition->vcpus_online * period);
    if (definition->vcpus_online >= definition->vcpus)
        return quota == 0 && always ? most : quota;
    return quota > 0 ? MIN(quota, most) : most;
}
