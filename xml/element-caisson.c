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

static const char *const group_views[] = { "auto", "host", "unified", NULL };

const char *
group_view_word(GroupView view)
{
    return view == GROUP_VIEW_AUTO ? NULL : group_views[view];
}

#define MEMBER(member) offsetof(CaissonOptions, member)

static const XmlField caisson_fields[] = {
    { "caisson:autostart/@priority", FIELD_UINT, MEMBER(autostart_priority), FIELD_NONZERO,
      .max = UINT32_MAX },
    { "caisson:pids/@limit", FIELD_UINT, MEMBER(pids), FIELD_NONZERO, .max = UINT32_MAX },
    { "caisson:net-class/@id", FIELD_UINT, MEMBER(net_class), FIELD_NONZERO | FIELD_HEX,
      .max = UINT32_MAX },
    { "caisson:hugetlb", FIELD_STRUCTS, MEMBER(hugetlb), .type = &hugetlb_type },
    { "caisson:cgroup-view/@mode", FIELD_ENUM, MEMBER(group_view), .names = group_views,
      .bad = FAILURE_CONFIG_UNSUPPORTED },
    { "caisson:cgroup", FIELD_STRUCTS, MEMBER(cgroup), .type = &setting_type },
    { NULL },
};

const XmlType caisson_type = { "caisson:container", sizeof(CaissonOptions), caisson_fields,
                               .unknown = FAILURE_CONFIG_UNSUPPORTED };

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
