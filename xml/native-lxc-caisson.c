/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys of LXC that only <caisson:container> has a word for: read, and written. */
#include <string.h>

#include "controller/wire/failure.h"
#include "xml/definition-check.h"
#include "xml/native-lxc-write.h"
#include "xml/native-lxc.h"

#define KIB      1024
#define KEYS_MAX 64 /* more than a kernel has */
#define GROUP    "lxc.cgroup."
#define GROUP_2  "lxc.cgroup2."
#define LIMIT    "lxc.prlimit."

/* "hugetlb.2MB.max" → "2MB"; NULL: not the limit of a page size. */
static char *
page_size_of(const char *key, const char *suffix)
{
    static const char prefix[] = "hugetlb.";
    size_t length = strlen(key);
    size_t around = strlen(prefix) + strlen(suffix);

    if (length <= around || !g_str_has_prefix(key, prefix) || !g_str_has_suffix(key, suffix))
        return NULL;
    return g_strndup(key + strlen(prefix), length - around);
}

static void
ignore_line(LxcConfig *config, const LxcLine *line)
{
    native_ignore(config->report, "%s (line %u)", line->key, line->number);
}

static bool
read_hugetlb(LxcConfig *config, const LxcLine *line, const char *page_size, GError **error)
{
    CaissonOptions *options = &config->definition->caisson;
    HugetlbLimit limit = { (char *)page_size, 0 };
    uint64_t bytes;

    caisson_remove_hugetlb(options, page_size);
    if (!line->value[0] || g_str_equal(line->value, "max") || g_str_equal(line->value, "-1"))
        return true;
    if (!build_bytes(line->value, &bytes))
        return lxc_bad(line, "a number of bytes such as '512M' is needed", error);
    limit.limit = bytes / KIB;
    if (options->hugetlb->len < KEYS_MAX && check_hugetlb_limit(&limit, NULL))
        caisson_add_hugetlb(options, page_size, limit.limit);
    else
        ignore_line(config, line);
    return true;
}

static bool
read_setting(LxcConfig *config, const LxcLine *line, const char *key)
{
    CaissonOptions *options = &config->definition->caisson;
    CgroupSetting setting = { (char *)key, line->value };

    /* LXC writes one line after the other, and a file of io has one for each device */
    if (caisson_remove_setting(options, key) && g_str_has_prefix(key, "io.") && line->value[0])
        native_ignore(config->report, "%s before line %u", line->key, line->number);
    if (!line->value[0])
        return true;
    if (options->cgroup->len < KEYS_MAX && check_cgroup_setting(&setting, NULL))
        caisson_add_setting(options, key, line->value);
    else
        ignore_line(config, line);
    return true;
}

/* "1024", "1024:4096", "unlimited" */
static bool
read_limit(LxcConfig *config, const LxcLine *line, const char *resource, GError **error)
{
    CaissonOptions *options = &config->definition->caisson;
    g_auto(GStrv) words = g_strsplit(line->value, ":", 2);
    const char *hard = words[0] && words[1] ? words[1] : words[0];
    uint64_t numbers[2];

    if (!caisson_remove_rlimit(options, resource)) {
        if (words[0])
            ignore_line(config, line);
        return true;
    }
    if (!words[0])
        return true;
    if (!rlimit_number(words[0], &numbers[0]) || !rlimit_number(hard, &numbers[1]) ||
        numbers[0] > numbers[1])
        return lxc_bad(
            line, "a soft and a hard limit such as '1024:4096', or 'unlimited', are needed", error);
    caisson_add_rlimit(options, resource, words[0], hard);
    return true;
}

bool
lxc_caisson_read(LxcConfig *config, const LxcLine *line, bool *ret_known, GError **error)
{
    const char *key = NULL;
    g_autofree char *page_size = NULL;

    *ret_known = true;
    if (g_str_has_prefix(line->key, LIMIT))
        return read_limit(config, line, line->key + strlen(LIMIT), error);
    if (g_str_has_prefix(line->key, GROUP_2))
        key = line->key + strlen(GROUP_2);
    else if (g_str_has_prefix(line->key, GROUP))
        page_size = page_size_of(line->key + strlen(GROUP), ".limit_in_bytes");
    if (key && !g_str_has_suffix(key, ".rsvd.max"))
        page_size = page_size_of(key, ".max");
    if (page_size)
        return read_hugetlb(config, line, page_size, error);
    /* LXC reads rules of devices itself: version 2 has no such files */
    if (key && !g_str_has_prefix(key, "devices."))
        return read_setting(config, line, key);
    *ret_known = false;
    return true;
}

bool
lxc_caisson_finish(LxcConfig *config, GError **error)
{
    CaissonOptions *options = &config->definition->caisson;
    const LxcLine *pids = config->scalars[LXC_PIDS];
    const LxcLine *privileges = config->scalars[LXC_NO_NEW_PRIVILEGES];
    const LxcLine *score = config->scalars[LXC_OOM_SCORE];

    if (pids && !g_str_equal(pids->value, "max") &&
        !g_ascii_string_to_unsigned(pids->value, 10, 1, UINT32_MAX, &options->pids, NULL))
        return lxc_bad(pids, "a number of tasks, or 'max', is needed", error);
    if (score &&
        !g_ascii_string_to_signed(score->value, 10, -1000, 1000, &options->oom_score, NULL))
        return lxc_bad(score, "a number from -1000 to 1000 is needed", error);
    options->no_new_privileges = privileges && g_str_equal(privileges->value, "1");
    return true;
}

static void
put_both(LxcText *text, const char *old_suffix, const char *suffix, uint64_t number)
{
    g_autofree char *old = g_strconcat(GROUP, old_suffix, NULL);
    g_autofree char *key = g_strconcat(GROUP_2, suffix, NULL);

    lxc_put_number(text, old, number);
    lxc_put_number(text, key, number);
}

static void
write_groups(LxcText *text, const CaissonOptions *options)
{
    guint i;

    if (options->pids)
        put_both(text, "pids.max", "pids.max", options->pids);
    for (i = 0; i < options->hugetlb->len; i++) {
        const HugetlbLimit *limit = options->hugetlb->pdata[i];
        g_autofree char *old = g_strdup_printf("hugetlb.%s.limit_in_bytes", limit->page_size);
        g_autofree char *key = g_strdup_printf("hugetlb.%s.max", limit->page_size);

        put_both(text, old, key, limit->limit * KIB);
    }
    for (i = 0; i < options->cgroup->len; i++) {
        const CgroupSetting *setting = options->cgroup->pdata[i];
        g_autofree char *key = g_strconcat(GROUP_2, setting->key, NULL);

        lxc_put(text, key, setting->value);
    }
}

/* What has no key. */
static void
report_rest(const CaissonOptions *options, NativeReport *report)
{
    const struct {
        const char *name;
        bool is_set;
    } rest[] = {
        { "autostart", options->autostart_priority != 0 },
        { "seccomp", options->seccomp != SECCOMP_UNSET },
        { "net-class", options->net_class != 0 },
        { "idmap", options->idmap_auto != CHOICE_UNSET },
        { "cgroup-view", options->group_view != GROUP_VIEW_AUTO },
        { "proc-view", options->proc_view != PROC_VIEW_DEFAULT },
        { "reaper", options->reaper },
        { "nesting", options->nesting },
        { "time-namespace", options->time_namespace },
    };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(rest); i++) {
        if (rest[i].is_set)
            native_ignore(report, "<caisson:%s>", rest[i].name);
    }
}

void
lxc_write_caisson(LxcText *text)
{
    const CaissonOptions *options = &text->definition->caisson;
    guint i;

    write_groups(text, options);
    for (i = 0; i < options->rlimits->len; i++) {
        const ProcessLimit *limit = options->rlimits->pdata[i];
        g_autofree char *key = g_strconcat(LIMIT, rlimit_word(limit), NULL);
        g_autofree char *value = g_strdup_printf("%s:%s", limit->soft, limit->hard);

        lxc_put(text, key, value);
    }
    if (options->no_new_privileges)
        lxc_put(text, "lxc.no_new_privs", "1");
    if (options->oom_score != 0) {
        g_autofree char *score = g_strdup_printf("%" G_GINT64_FORMAT, options->oom_score);

        lxc_put(text, "lxc.proc.oom_score_adj", score);
    }
    report_rest(options, text->report);
}
