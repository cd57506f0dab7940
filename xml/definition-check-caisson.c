/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What <caisson:container> may ask for. */
#include <string.h>

#include "controller/wire/failure.h"
#include "xml/definition-check.h"

#define VALUE_LENGTH_MAX 256

/* Keys that something else writes, or that would undo what holds the guest. */
static const struct {
    const char *key; /* a pattern of g_pattern_match_simple() */
    const char *remedy;
} refused[] = {
    { "memory.max", "use <memory>, or <hard_limit> of <memtune>" },
    { "memory.low", "use <soft_limit> of <memtune>" },
    { "memory.swap.max", "use <swap_hard_limit> of <memtune>" },
    { "memory.reclaim", "it is no limit" },
    { "cpu.weight", "use <shares> of <cputune>" },
    { "cpu.max", "use <period> and <quota> of <cputune>" },
    { "cpuset.cpus", "use cpuset of <vcpu>" },
    { "cpuset.mems", "use nodeset of <memory> in <numatune>" },
    { "pids.max", "use <caisson:pids limit=…>" },
    { "hugetlb.*.max", "use <caisson:hugetlb>" },
    { "io.max", "use <device> of <blkiotune>" },
    { "io.weight", "use <weight> of <blkiotune>" },
    { "io.bfq.weight", "use <weight> of <blkiotune>" },
};

/* The files of the group itself move and stop tasks; these only limit. */
static const char *const group_keys[] = { "cgroup.max.depth", "cgroup.max.descendants",
                                          "cgroup.pressure", NULL };

/* "memory.high": a controller in small letters, and words behind dots; so nothing leads out of the
 * group's directory. */
static bool
is_key(const char *key)
{
    size_t controller = strspn(key, "abcdefghijklmnopqrstuvwxyz");
    const char *rest = key + controller;

    if (controller == 0 || !*rest)
        return false;
    while (*rest == '.') {
        size_t length = strspn(rest + 1, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_");

        if (length == 0)
            return false;
        rest += 1 + length;
    }
    return !*rest;
}

static bool
check_key(const char *key, GError **error)
{
    size_t i;

    if (!is_key(key))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "invalid value '%.64s' for attribute 'key' of <caisson:cgroup>: the name of a "
                    "file of a control group of version 2 such as 'memory.high' is needed",
                    key);
    for (i = 0; i < G_N_ELEMENTS(refused); i++) {
        if (g_pattern_match_simple(refused[i].key, key) && !g_str_has_suffix(key, ".rsvd.max"))
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "<caisson:cgroup key='%s'> is not possible: %s", key, refused[i].remedy);
    }
    if (g_str_has_prefix(key, "cgroup.") && !g_strv_contains(group_keys, key))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<caisson:cgroup key='%s'> is not possible: of these files only "
                    "'cgroup.max.depth', 'cgroup.max.descendants' and 'cgroup.pressure' are limits",
                    key);
    return true;
}

bool
check_cgroup_setting(const CgroupSetting *setting, GError **error)
{
    if (!check_key(setting->key, error))
        return false;
    if (strlen(setting->value) > VALUE_LENGTH_MAX || strchr(setting->value, '\n'))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "the value of <caisson:cgroup key='%s'> must be one line of at most %d "
                    "characters",
                    setting->key, VALUE_LENGTH_MAX);
    return true;
}

static bool
check_settings(const GPtrArray *settings, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    guint i;

    for (i = 0; i < settings->len; i++) {
        const CgroupSetting *setting = settings->pdata[i];

        if (!check_cgroup_setting(setting, error))
            return false;
        if (!g_hash_table_add(seen, setting->key))
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "more than one <caisson:cgroup> has the key '%s'; remove one",
                        setting->key);
    }
    return true;
}

static bool
is_page_size(const char *text)
{
    const char *unit = text + strspn(text, G_CSET_DIGITS);

    return text[0] > '0' && text[0] <= '9' &&
           (g_str_equal(unit, "KB") || g_str_equal(unit, "MB") || g_str_equal(unit, "GB"));
}

bool
check_hugetlb_limit(const HugetlbLimit *limit, GError **error)
{
    if (!is_page_size(limit->page_size))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "invalid value '%.32s' for attribute 'pagesize' of <caisson:hugetlb>: a "
                    "size as the kernel names it such as '2MB' or '1GB' is needed",
                    limit->page_size);
    if (limit->limit > INT64_MAX / 1024)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "the limit of <caisson:hugetlb pagesize='%s'> is too large; leave the "
                    "element out for no limit",
                    limit->page_size);
    return true;
}

static bool
check_hugetlb(const GPtrArray *limits, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    guint i;

    for (i = 0; i < limits->len; i++) {
        const HugetlbLimit *limit = limits->pdata[i];

        if (!check_hugetlb_limit(limit, error))
            return false;
        if (!g_hash_table_add(seen, limit->page_size))
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "more than one <caisson:hugetlb> has pagesize='%s'; remove one",
                        limit->page_size);
    }
    return true;
}

bool
check_caisson(const CaissonOptions *options, GError **error)
{
    return check_hugetlb(options->hugetlb, error) && check_settings(options->cgroup, error);
}
