/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <caisson:container>: rows. */
#include "xml/element-caisson.h"

#include <stddef.h>

#include "xml/elements.h"

static void
hugetlb_free(void *object)
{
    g_free(((HugetlbLimit *)object)->page_size);
    g_free(object);
}

static const XmlField hugetlb_fields[] = {
    { "@pagesize", FIELD_STRING, offsetof(HugetlbLimit, page_size), FIELD_REQUIRED },
    { "@limit", FIELD_SIZE, offsetof(HugetlbLimit, limit), FIELD_REQUIRED | FIELD_ALWAYS,
      .size = &size_kib },
    { NULL },
};
static const XmlType hugetlb_type = { "caisson:hugetlb", sizeof(HugetlbLimit), hugetlb_fields,
                                      .free = hugetlb_free };

static void
setting_free(void *object)
{
    g_free(((CgroupSetting *)object)->key);
    g_free(((CgroupSetting *)object)->value);
    g_free(object);
}

static const XmlField setting_fields[] = {
    { "@key", FIELD_STRING, offsetof(CgroupSetting, key), FIELD_REQUIRED },
    { "@value", FIELD_STRING, offsetof(CgroupSetting, value), FIELD_REQUIRED },
    { NULL },
};
static const XmlType setting_type = { "caisson:cgroup", sizeof(CgroupSetting), setting_fields,
                                      .free = setting_free };

static const char *const choices[] = { "", "yes", "no", NULL };

static const char *const group_views[] = { "auto", "host", "unified", NULL };

const char *
group_view_word(GroupView view)
{
    return view == GROUP_VIEW_AUTO ? NULL : group_views[view];
}

static const char *const profiles[] = { "", "default", "strict", "none", NULL };

const char *
seccomp_word(SeccompProfile profile)
{
    return profile == SECCOMP_UNSET ? NULL : profiles[profile];
}

static const char *const resources[] = {
    "as",     "core",  "cpu", "data",   "fsize",  "locks",      "memlock", "msgqueue", "nice",
    "nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack",   NULL,
};
static const char *const kernel_resources[] = {
    "RLIMIT_AS",     "RLIMIT_CORE",   "RLIMIT_CPU",        "RLIMIT_DATA",
    "RLIMIT_FSIZE",  "RLIMIT_LOCKS",  "RLIMIT_MEMLOCK",    "RLIMIT_MSGQUEUE",
    "RLIMIT_NICE",   "RLIMIT_NOFILE", "RLIMIT_NPROC",      "RLIMIT_RSS",
    "RLIMIT_RTPRIO", "RLIMIT_RTTIME", "RLIMIT_SIGPENDING", "RLIMIT_STACK",
};
G_STATIC_ASSERT(G_N_ELEMENTS(kernel_resources) == G_N_ELEMENTS(resources) - 1);

const char *
rlimit_resource(const ProcessLimit *limit)
{
    return kernel_resources[limit->resource];
}

const char *
rlimit_word(const ProcessLimit *limit)
{
    return resources[limit->resource];
}

bool
rlimit_number(const char *text, uint64_t *ret_value)
{
    guint64 value = UINT64_MAX;

    if (!g_str_equal(text, "unlimited") &&
        !g_ascii_string_to_unsigned(text, 10, 0, UINT64_MAX - 1, &value, NULL))
        return false;
    *ret_value = value;
    return true;
}

static void
rlimit_free(void *object)
{
    g_free(((ProcessLimit *)object)->soft);
    g_free(((ProcessLimit *)object)->hard);
    g_free(object);
}

static bool
rlimit_finish(const XmlContext *context, void *object, xmlNode *node, GError **error)
{
    const ProcessLimit *limit = object;
    uint64_t soft;
    uint64_t hard;

    if (!rlimit_number(limit->soft, &soft) || !rlimit_number(limit->hard, &hard))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<caisson:rlimit type='%s'>: 'soft' and 'hard' must be numbers or 'unlimited'",
                    resources[limit->resource]);
    return soft <= hard || fail(error, FAILURE_CONFIG_UNSUPPORTED,
                                "<caisson:rlimit type='%s'>: 'soft' must not be above 'hard'",
                                resources[limit->resource]);
}

static const XmlField rlimit_fields[] = {
    { "@type", FIELD_ENUM, offsetof(ProcessLimit, resource), FIELD_REQUIRED | FIELD_ALWAYS,
      .names = resources, .bad = FAILURE_CONFIG_UNSUPPORTED },
    { "@soft", FIELD_STRING, offsetof(ProcessLimit, soft), FIELD_REQUIRED },
    { "@hard", FIELD_STRING, offsetof(ProcessLimit, hard), FIELD_REQUIRED },
    { NULL },
};
static const XmlType rlimit_type = { "caisson:rlimit", sizeof(ProcessLimit), rlimit_fields,
                                     .free = rlimit_free, .finish = rlimit_finish };
static const char *const proc_views[] = { "default", "on", "off", NULL };

#define MEMBER(member) offsetof(CaissonOptions, member)

#define OOM_SCORE_MAX 1000

static bool
confinement_finish(const XmlContext *context, void *object, xmlNode *node, GError **error)
{
    const CaissonOptions *options = object;
    uint64_t seen = 0;
    guint i;

    if (options->oom_score < -OOM_SCORE_MAX || options->oom_score > OOM_SCORE_MAX)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "<caisson:oom-score adjust='%" G_GINT64_FORMAT "'/> must be from -%d to %d",
                    options->oom_score, OOM_SCORE_MAX, OOM_SCORE_MAX);
    for (i = 0; i < options->rlimits->len; i++) {
        const ProcessLimit *limit = options->rlimits->pdata[i];

        if (seen >> limit->resource & 1)
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "more than one <caisson:rlimit type='%s'>; remove one",
                        resources[limit->resource]);
        seen |= UINT64_C(1) << limit->resource;
    }
    return true;
}

static const XmlField caisson_fields[] = {
    { "caisson:autostart/@priority", FIELD_UINT, MEMBER(autostart_priority), FIELD_NONZERO,
      .max = UINT32_MAX },
    { "caisson:seccomp/@profile", FIELD_ENUM, MEMBER(seccomp), .names = profiles,
      .bad = FAILURE_CONFIG_UNSUPPORTED },
    { "caisson:no-new-privileges", FIELD_FLAG, MEMBER(no_new_privileges) },
    { "caisson:rlimit", FIELD_STRUCTS, MEMBER(rlimits), .type = &rlimit_type },
    { "caisson:oom-score/@adjust", FIELD_INT, MEMBER(oom_score) },
    { "caisson:pids/@limit", FIELD_UINT, MEMBER(pids), FIELD_NONZERO, .max = UINT32_MAX },
    { "caisson:net-class/@id", FIELD_UINT, MEMBER(net_class), FIELD_NONZERO | FIELD_HEX,
      .max = UINT32_MAX },
    { "caisson:hugetlb", FIELD_STRUCTS, MEMBER(hugetlb), .type = &hugetlb_type },
    { "caisson:idmap/@auto", FIELD_ENUM, MEMBER(idmap_auto), .names = choices,
      .bad = FAILURE_CONFIG_UNSUPPORTED },
    { "caisson:cgroup-view/@mode", FIELD_ENUM, MEMBER(group_view), .names = group_views,
      .bad = FAILURE_CONFIG_UNSUPPORTED },
    { "caisson:proc-view/@state", FIELD_ENUM, MEMBER(proc_view), .names = proc_views,
      .bad = FAILURE_CONFIG_UNSUPPORTED },
    { "caisson:reaper", FIELD_FLAG, MEMBER(reaper) },
    { "caisson:nesting", FIELD_FLAG, MEMBER(nesting) },
    { "caisson:time-namespace", FIELD_FLAG, MEMBER(time_namespace) },
    { "caisson:cgroup", FIELD_STRUCTS, MEMBER(cgroup), .type = &setting_type },
    { NULL },
};

const XmlType caisson_type = { "caisson:container", sizeof(CaissonOptions), caisson_fields,
                               .unknown = FAILURE_CONFIG_UNSUPPORTED,
                               .finish = confinement_finish };

void
caisson_add_hugetlb(CaissonOptions *options, const char *page_size, uint64_t limit)
{
    HugetlbLimit *added = xml_new(&hugetlb_type);

    added->page_size = g_strdup(page_size);
    added->limit = limit;
    g_ptr_array_add(options->hugetlb, added);
}

void
caisson_add_setting(CaissonOptions *options, const char *key, const char *value)
{
    CgroupSetting *added = xml_new(&setting_type);

    added->key = g_strdup(key);
    added->value = g_strdup(value);
    g_ptr_array_add(options->cgroup, added);
}

/* Index in resources[]; -1: there is none of that name. */
static int
resource_index(const char *name)
{
    int i;

    for (i = 0; resources[i]; i++) {
        if (g_str_equal(resources[i], name))
            return i;
    }
    return -1;
}

void
caisson_add_rlimit(CaissonOptions *options, const char *resource, const char *soft,
                   const char *hard)
{
    ProcessLimit *added = xml_new(&rlimit_type);

    added->resource = resource_index(resource);
    added->soft = g_strdup(soft);
    added->hard = g_strdup(hard);
    g_ptr_array_add(options->rlimits, added);
}

void
caisson_remove_hugetlb(CaissonOptions *options, const char *page_size)
{
    guint i;

    for (i = 0; i < options->hugetlb->len; i++) {
        if (g_str_equal(((HugetlbLimit *)options->hugetlb->pdata[i])->page_size, page_size)) {
            g_ptr_array_remove_index(options->hugetlb, i);
            return;
        }
    }
}

bool
caisson_remove_setting(CaissonOptions *options, const char *key)
{
    guint i;

    for (i = 0; i < options->cgroup->len; i++) {
        if (g_str_equal(((CgroupSetting *)options->cgroup->pdata[i])->key, key))
            return g_ptr_array_remove_index(options->cgroup, i) != NULL;
    }
    return false;
}

bool
caisson_remove_rlimit(CaissonOptions *options, const char *resource)
{
    int wanted = resource_index(resource);
    guint i;

    for (i = 0; i < options->rlimits->len; i++) {
        if (((ProcessLimit *)options->rlimits->pdata[i])->resource == wanted) {
            g_ptr_array_remove_index(options->rlimits, i);
            break;
        }
    }
    return wanted >= 0;
}
