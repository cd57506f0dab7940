/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lxc.cgroup and lxc.cgroup2: limits of a container. Where both speak of one limit, the former
 * counts, whose units are a domain's. */
#include <string.h>

#include "controller/wire/failure.h"
#include "controller/wire/shares.h"
#include "xml/native-lxc.h"
#include "xml/native-words.h"

#define KIB 1024

/* Bytes of a limit; *ret_bytes stays when the line says that there is none. */
static bool
bytes_read(const LxcLine *line, uint64_t *ret_bytes, GError **error)
{
    if (g_str_equal(line->value, "max") || g_str_equal(line->value, "-1"))
        return true;
    return build_bytes(line->value, ret_bytes) ||
           lxc_bad(line, "a number of bytes such as '512M' is needed", error);
}

static bool
read_kib(const LxcLine *line, uint64_t *ret_kib, GError **error)
{
    uint64_t bytes = UINT64_MAX;

    if (!line)
        return true;
    if (!bytes_read(line, &bytes, error))
        return false;
    if (bytes != UINT64_MAX)
        *ret_kib = bytes / KIB + (bytes % KIB != 0);
    return true;
}

static bool
finish_memory_limit(LxcConfig *config, GError **error)
{
    Definition *definition = config->definition;
    const LxcLine *line = config->scalars[LXC_MEMORY_LIMIT];
    uint64_t bytes = UINT64_MAX;

    if (line && !bytes_read(line, &bytes, error))
        return false;
    if (bytes == UINT64_MAX) {
        native_note(config->report,
                    "there is no limit of memory, so %" G_GUINT64_FORMAT " KiB are assumed",
                    definition->memory);
        return true;
    }
    if (bytes == 0)
        return lxc_bad(line, "a container needs some memory", error);
    definition->memory_tuning.hard_limit = bytes / KIB + (bytes % KIB != 0);
    return build_memory(definition, bytes, error);
}

static bool
finish_memory(LxcConfig *config, GError **error)
{
    const LxcLine *soft = config->scalars[LXC_MEMORY_SOFT];
    const LxcLine *memsw = config->scalars[LXC_MEMORY_MEMSW];
    const LxcLine *swap = config->scalars[LXC_MEMORY_SWAP];
    MemoryTuning *tuning = &config->definition->memory_tuning;
    uint64_t kib = TUNING_UNLIMITED;

    if (!finish_memory_limit(config, error) ||
        !read_kib(soft ? soft : config->scalars[LXC_MEMORY_LOW], &tuning->soft_limit, error))
        return false;
    if (memsw)
        return read_kib(memsw, &tuning->swap_hard_limit, error);
    if (!read_kib(swap, &kib, error))
        return false;
    if (kib == TUNING_UNLIMITED)
        return true;
    /* a domain's limit is of both together */
    if (tuning->hard_limit == TUNING_UNLIMITED)
        native_ignore(config->report, "%s (line %u), which needs lxc.cgroup2.memory.max", swap->key,
                      swap->number);
    else
        tuning->swap_hard_limit = tuning->hard_limit + kib;
    return true;
}

static bool
read_number(const LxcLine *line, uint64_t max, uint64_t *ret_number, GError **error)
{
    return !line || g_ascii_string_to_unsigned(line->value, 10, 0, max, ret_number, NULL) ||
           lxc_bad(line, "a whole number is needed", error);
}

/* "50000 100000" or "max": quota and period. */
static bool
finish_cpu_max(const LxcLine *line, CpuTuning *tuning, GError **error)
{
    g_auto(GStrv) words = words_split(line->value, error);
    guint count = words ? g_strv_length(words) : 0;
    uint64_t quota = 0;
    uint64_t period = 0;
    bool unlimited = count > 0 && g_str_equal(words[0], "max");

    if (!words)
        return false;
    if (count < 1 || count > 2 ||
        (!unlimited && !g_ascii_string_to_unsigned(words[0], 10, 1, INT64_MAX, &quota, NULL)) ||
        (count == 2 && !g_ascii_string_to_unsigned(words[1], 10, 1, UINT32_MAX, &period, NULL)))
        return lxc_bad(line, "quota and period in microseconds such as '50000 100000' are needed",
                       error);
    tuning->quota = unlimited ? -1 : (int64_t)quota;
    tuning->period = period;
    return true;
}

static bool
finish_quota(const LxcLine *line, int64_t *ret_quota, GError **error)
{
    gint64 quota;

    if (!line)
        return true;
    if (!g_ascii_string_to_signed(line->value, 10, -1, INT64_MAX, &quota, NULL))
        return lxc_bad(line, "a number of microseconds, or -1 for no limit, is needed", error);
    *ret_quota = quota;
    return true;
}

static bool
finish_cpu(LxcConfig *config, GError **error)
{
    CpuTuning *tuning = &config->definition->cpu_tuning;
    const LxcLine *maximum = config->scalars[LXC_CPU_MAX];
    uint64_t weight = 0;

    if (!read_number(config->scalars[LXC_CPU_WEIGHT], SHARES_WEIGHT_MAX, &weight, error))
        return false;
    if (weight > 0)
        tuning->shares = shares_of_weight(weight);
    if (maximum && !finish_cpu_max(maximum, tuning, error))
        return false;
    return read_number(config->scalars[LXC_CPU_SHARES], UINT32_MAX, &tuning->shares, error) &&
           read_number(config->scalars[LXC_CPU_PERIOD], UINT32_MAX, &tuning->period, error) &&
           finish_quota(config->scalars[LXC_CPU_QUOTA], &tuning->quota, error);
}

static Kept *
block_tuning(LxcConfig *config)
{
    if (!config->block_tuning)
        config->block_tuning = build_kept(config->definition, "blkiotune", "blkiotune");
    return config->block_tuning;
}

/* The weight of all devices. */
static bool
block_set_weight(LxcConfig *config, const LxcLine *line, const char *value, GError **error)
{
    Kept *tuning = block_tuning(config);
    Kept *weight = kept_child(tuning, "weight");
    uint64_t number;

    if (!g_ascii_string_to_unsigned(value, 10, 0, UINT32_MAX, &number, NULL))
        return lxc_bad(line, "a weight, a whole number, is needed", error);
    if (!weight)
        weight = build_child(tuning, "weight", NULL, NULL);
    build_set(&weight->text, value);
    return true;
}

/* The <device> of "8:0", made at the first call. */
static Kept *
block_device(LxcConfig *config, const char *number)
{
    Kept *device = g_hash_table_lookup(config->block_devices, number);

    if (device)
        return device;
    device = build_child(block_tuning(config), "device", NULL, NULL);
    build_child(device, "path", NULL, NULL)->text = g_strconcat("/dev/block/", number, NULL);
    g_hash_table_insert(config->block_devices, g_strdup(number), device);
    return device;
}

static bool
is_device_number(const char *text)
{
    size_t major = strspn(text, "0123456789");
    size_t minor = text[major] == ':' ? strspn(text + major + 1, "0123456789") : 0;

    return major > 0 && major < 6 && minor > 0 && minor < 8 && text[major + 1 + minor] == '\0';
}

static bool
block_set(LxcConfig *config, const LxcLine *line, const char *device, const char *element,
          const char *value)
{
    Kept *tuning = block_device(config, device);
    Kept *child = kept_child(tuning, element);
    uint64_t number;

    if (!g_ascii_string_to_unsigned(value, 10, 0, INT64_MAX, &number, NULL)) {
        native_ignore(config->report, "%s '%s' (line %u)", line->key, value, line->number);
        return true;
    }
    if (!child)
        child = build_child(tuning, element, NULL, NULL);
    build_set(&child->text, value);
    return true;
}

/* The words of io.max, and the elements they become. */
static const struct {
    const char *word;
    const char *element;
} maxima[] = {
    { "rbps=", "read_bytes_sec" },
    { "wbps=", "write_bytes_sec" },
    { "riops=", "read_iops_sec" },
    { "wiops=", "write_iops_sec" },
};

/* "8:0 rbps=1048576 wiops=max": what is "max" is no limit. */
static bool
block_read_maxima(LxcConfig *config, const LxcLine *line, char **words, GError **error)
{
    size_t i;
    size_t k;

    for (i = 1; words[i]; i++) {
        for (k = 0; k < G_N_ELEMENTS(maxima); k++) {
            if (g_str_has_prefix(words[i], maxima[k].word))
                break;
        }
        if (k == G_N_ELEMENTS(maxima))
            return lxc_bad(line, "after the device, rbps=, wbps=, riops= or wiops= is needed",
                           error);
        if (!g_str_has_suffix(words[i], "=max"))
            block_set(config, line, words[0], maxima[k].element, words[i] + strlen(maxima[k].word));
    }
    return true;
}

static const struct {
    const char *key;
    const char *element;
} device_keys[] = {
    { "blkio.device_weight", "weight" },
    { "blkio.weight_device", "weight" },
    { "blkio.throttle.read_bps_device", "read_bytes_sec" },
    { "blkio.throttle.write_bps_device", "write_bytes_sec" },
    { "blkio.throttle.read_iops_device", "read_iops_sec" },
    { "blkio.throttle.write_iops_device", "write_iops_sec" },
    { "io.weight", "weight" },
    { "io.bfq.weight", "weight" },
};

bool
lxc_block_read(LxcConfig *config, const LxcLine *line, GError **error)
{
    g_auto(GStrv) words = words_split(line->value, error);
    const char *key = strchr(line->key + strlen("lxc."), '.') + 1;
    size_t i;

    if (!words || !words[0])
        return words != NULL;
    /* io.weight is of all devices with the word "default", or without one */
    if (g_str_has_suffix(key, "weight") && g_str_has_prefix(key, "io.") &&
        (g_str_equal(words[0], "default") ? words[1] != NULL : words[1] == NULL))
        return block_set_weight(config, line, words[1] ? words[1] : words[0], error);
    if (!is_device_number(words[0]) || !words[1])
        return lxc_bad(line, "a device and its limit such as '8:0 1048576' are needed", error);
    if (g_str_equal(key, "io.max"))
        return block_read_maxima(config, line, words, error);
    for (i = 0; i < G_N_ELEMENTS(device_keys); i++) {
        if (g_str_equal(device_keys[i].key, key))
            return block_set(config, line, words[0], device_keys[i].element, words[1]);
    }
    g_assert_not_reached();
}

bool
lxc_limits_finish(LxcConfig *config, GError **error)
{
    const LxcLine *cpus = config->scalars[LXC_CPUS];
    const LxcLine *nodes = config->scalars[LXC_NODES];
    const LxcLine *weight = config->scalars[LXC_BLOCK_WEIGHT];

    if (!finish_memory(config, error) || !finish_cpu(config, error) ||
        (weight && !block_set_weight(config, weight, weight->value, error)))
        return false;
    if (cpus)
        build_set(&config->definition->cpuset, cpus->value);
    if (nodes)
        build_numatune(config->definition, nodes->value);
    return true;
}
