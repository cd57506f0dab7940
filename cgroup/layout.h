/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is behind a CgroupLayout: hierarchies and the operations that differ between v1 and v2. */
#pragma once

#include "cgroup/cgroup.h"

/* What differs between the versions; @group is a descriptor of a group's directory. */
typedef struct {
    /* Whether a fresh group in @hierarchy has to be made usable. */
    bool (*prepares)(const CgroupHierarchy *hierarchy);
    /* Makes it so; @parent is the directory above it. */
    bool (*prepare)(const CgroupHierarchy *hierarchy, int parent, int group, GError **error);
    bool (*limit_devices)(int group, const GPtrArray *rules, GError **error);
    /* The same for a group with tasks, and groups below, that has the rules @before. */
    bool (*change_devices)(int group, const GPtrArray *before, const GPtrArray *after,
                           GError **error);
    /* Asks for a state and tells in @ret_reached whether all tasks are in it. */
    bool (*freeze)(int group, bool frozen, bool *ret_reached, GError **error);
    /* SIGKILL to all tasks of the group and below, as they are now, suspended ones included. */
    void (*kill)(int group);
    /* Whether the group or one below it has tasks. */
    bool (*populated)(int group);
    /* Files that go with a group when it is given to the guest's root; NULL: it must not be. */
    const char *const *(*delegated)(const CgroupHierarchy *hierarchy);
} CgroupVersion;

extern const CgroupVersion cgroup_v1;
extern const CgroupVersion cgroup_v2;

struct CgroupLayout {
    GPtrArray *hierarchies;                                       /* of CgroupHierarchy * */
    const CgroupHierarchy *by_controller[CGROUP_CONTROLLER_LAST]; /* NULL: nowhere */
};

/*
 * As cgroup_layout_new() on the text of a mountinfo file. With @complete false a layout without
 * some controller is accepted.
 */
CgroupLayout *cgroup_layout_parse(const char *mountinfo, bool complete, GError **error);

/* "cpuset": the name of v1, which for some is another in v2. */
const char *cgroup_controller_name(CgroupController controller);

const CgroupVersion *cgroup_version_of(const CgroupHierarchy *hierarchy);

/* One write(2) of @value to @file below @directory; errno on failure. */
bool cgroup_file_write(int directory, const char *file, const char *value);

/* Whole content of @file below @directory; NULL with errno. Free with g_free(). */
char *cgroup_file_read(int directory, const char *file);

/* Loads and attaches the program that enforces @rules in the v2 group @group. program.c */
bool cgroup_program_attach(int group, const GPtrArray *rules, GError **error);

/* Puts one for @after in the place of that program, in one go. */
bool cgroup_program_replace(int group, const GPtrArray *before, const GPtrArray *after,
                            GError **error);
