/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <caisson:container>: what libvirt's XML has no word for. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* A file of the guest's group in the v2 hierarchy. */
typedef struct {
    char *key; /* "memory.high" */
    char *value;
} CgroupSetting;

/* Memory in huge pages of one size. */
typedef struct {
    char *page_size; /* as the kernel names it: "2MB", "1GB" */
    uint64_t limit;  /* KiB */
} HugetlbLimit;

/* Which control group hierarchies the guest sees on a host that has several. */
typedef enum {
    GROUP_VIEW_AUTO, /* those that its init understands */
    GROUP_VIEW_HOST, /* all the host has */
    GROUP_VIEW_UNIFIED,
} GroupView;

typedef enum { CHOICE_UNSET, CHOICE_YES, CHOICE_NO } Choice;

/* The system calls that are denied to the guest. */
typedef enum {
    SECCOMP_UNSET, /* as lxc.conf says */
    SECCOMP_DEFAULT,
    SECCOMP_STRICT,
    SECCOMP_NONE,
} SeccompProfile;

/* A limit of each process of the guest, setrlimit(2). */
typedef struct {
    int resource; /* index, see rlimit_resource() */
    char *soft;   /* a number in the kernel's unit, or "unlimited" */
    char *hard;
} ProcessLimit;

/* Whether the guest's /proc shows its own limits. */
typedef enum {
    PROC_VIEW_DEFAULT, /* as lxc.conf says */
    PROC_VIEW_ON,
    PROC_VIEW_OFF,
} ProcView;

typedef struct {
    uint64_t autostart_priority; /* those with less are started before; 0: not said, last */
    SeccompProfile seccomp;
    bool no_new_privileges; /* programs of the guest gain none by being executed */
    GPtrArray *rlimits;     /* of ProcessLimit *, one for a resource */
    int64_t oom_score; /* added to the badness of the guest's processes, -1000..1000; 0: not said */
    uint64_t pids;     /* tasks; 0: not said */
    GPtrArray *hugetlb; /* of HugetlbLimit *, one for a size */
    uint64_t net_class; /* 0: not said */
    Choice idmap_auto;  /* ids of <idmap> are chosen when the domain is defined */
    GroupView group_view;
    ProcView proc_view;
    bool reaper;         /* a program of ours is process 1, and init its child */
    bool nesting;        /* the guest may run containers of its own */
    bool time_namespace; /* clocks since boot begin with the guest */
    GPtrArray *cgroup;   /* of CgroupSetting *, one for a key */
} CaissonOptions;

/* The word for a view, NULL for the automatic one. */
const char *group_view_word(GroupView view);

/* The profile's name, NULL for an unset one. */
const char *seccomp_word(SeccompProfile profile);

/* "RLIMIT_NOFILE" */
const char *rlimit_resource(const ProcessLimit *limit);
/* "nofile" */
const char *rlimit_word(const ProcessLimit *limit);
/* The number that .soft or .hard means; UINT64_MAX: unlimited. */
bool rlimit_number(const char *text, uint64_t *ret_value);

void caisson_add_hugetlb(CaissonOptions *options, const char *page_size, uint64_t limit);
void caisson_add_setting(CaissonOptions *options, const char *key, const char *value);
/* @resource: "nofile", one that caisson_remove_rlimit() knows. */
void caisson_add_rlimit(CaissonOptions *options, const char *resource, const char *soft,
                        const char *hard);

void caisson_remove_hugetlb(CaissonOptions *options, const char *page_size);
/* Whether there was one. */
bool caisson_remove_setting(CaissonOptions *options, const char *key);
/* Whether there is such a resource. */
bool caisson_remove_rlimit(CaissonOptions *options, const char *resource);
