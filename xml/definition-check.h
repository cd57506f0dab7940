/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of definition_check(). */
#pragma once

#include "xml/definition.h"

/* definition-check-caisson.c: what <caisson:container> says */
bool check_caisson(const CaissonOptions *options, GError **error);
bool check_cgroup_setting(const CgroupSetting *setting, GError **error);
bool check_hugetlb_limit(const HugetlbLimit *limit, GError **error);

/* definition-check-network.c: interfaces, and what excludes a network of its own */
bool check_network(const Definition *definition, GError **error);

/* definition-check-storage.c: filesystems and disks */
bool check_storage(const Definition *definition, GError **error);
