/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Control groups of the host, whatever their layout: pure v2, v1 hierarchies, or hybrid. One group
 * name
 * ("/machine/lxc-41-x.libvirt-lxc") stands for the same directory below the root of every
 * hierarchy. A vtable per version (v1.c, v2.c) hides the difference. Used by the launcher (create,
 * limit, attach) and by the driver (statistics, kill, remove).
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef enum {
    CGROUP_MEMORY,
    CGROUP_CPU,
    CGROUP_CPUACCT,
    CGROUP_CPUSET,
    CGROUP_DEVICES,
    CGROUP_FREEZER,
    CGROUP_PIDS,
    CGROUP_BLKIO,
    CGROUP_HUGETLB,
    CGROUP_NET_CLS, /* version 1 only */
    CGROUP_PERF_EVENT,
    CGROUP_CONTROLLER_LAST
} CgroupController;

typedef struct CgroupLayout CgroupLayout;

/* One mounted hierarchy. Owned by the layout. */
typedef struct {
    int version;        /* 1 or 2 */
    char *mount_point;  /* "/sys/fs/cgroup/cpu,cpuacct" */
    char **controllers; /* "cpu", "cpuacct"; "name=systemd"; of v2 those in cgroup.controllers */
    bool flat;          /* see cgroup_hierarchy_place() */
    bool mixed;         /* it may have guests of an earlier version, whose groups are not flat */
} CgroupHierarchy;

/* The groups below the one of a guest; see architecture section 5. */
#define CGROUP_SUPERVISOR "supervisor"
#define CGROUP_LIMITS     "libvirt"
#define CGROUP_GUEST      "libvirt/guest"
#define CGROUP_GUEST_FLAT "guest"

/*
 * Where @group is in the hierarchy; free with g_free(). A group of memory costs the kernel a
 * hundred KiB, so in a hierarchy that is flat a guest without a scope of systemd has only two: its
 * own one,
 * "/machine/lxc-41-x.libvirt-lxc", which is also its CGROUP_LIMITS, and "guest" in it. Its
 * controller has none: it stays where it was started. Not flat are those of v1 that suspend, that
 * choose processors (<emulatorpin> does for the controller), and that have a name (a service
 * manager may kill by it what a service has left), and v2 where it has the controllers.
 */
char *cgroup_hierarchy_place(const CgroupHierarchy *hierarchy, const char *group);

/* Whether @group is a directory of its own there. */
bool cgroup_hierarchy_has(const CgroupHierarchy *hierarchy, const char *group);

/*
 * Finds the hierarchies in /proc/self/mountinfo. Never changes anything. Fails with
 * FAILURE_INTERNAL when memory, cpu, devices or freezer are nowhere to be had, naming the missing
 * controller.
 */
CgroupLayout *cgroup_layout_new(GError **error);

/* The layout is used for groups only that are made with it, none of a guest of an earlier version:
 * where they are need not be looked up. */
void cgroup_layout_make_uniform(CgroupLayout *layout);

void cgroup_layout_free(CgroupLayout *layout);

/* "cgroup v2", "cgroup v1" or "hybrid", for logs. */
const char *cgroup_layout_name(const CgroupLayout *layout);

/* True when the controller can limit groups on this host. */
bool cgroup_has(const CgroupLayout *layout, CgroupController controller);

/* Creates "@parent/@name" (parents of machine partitions are made only for /machine itself, as
 * libvirt does) in every hierarchy; what was made before a failure is removed again. */
bool cgroup_create(const CgroupLayout *layout, const char *group, GError **error);

/*
 * Creates in every hierarchy what is missing of @group and of the groups above it. For a group that
 * systemd has made: it has made it in those it manages, and in those nothing is changed.
 */
bool cgroup_create_missing(const CgroupLayout *layout, const char *group, GError **error);

/*
 * Creates @group where it can be given another name later: in the hierarchies of v1. One that is
 * @filled stays away from those in which it takes over, for good, what the group above it has at
 * this moment.
 */
bool cgroup_create_ahead(const CgroupLayout *layout, const char *group, bool filled,
                         GError **error);

/* Creates @group in the hierarchies that cgroup_create_ahead() has left out. */
bool cgroup_create_rest(const CgroupLayout *layout, const char *group, bool filled, GError **error);

/* Gives a group of cgroup_create_ahead(), with all that is in and below it, the name @to. On
 * failure it has the old one everywhere. */
bool cgroup_rename(const CgroupLayout *layout, const char *from, const char *to, GError **error);

/* Names of the groups in @group: GPtrArray of char *, free with g_ptr_array_unref(). */
GPtrArray *cgroup_children(const CgroupLayout *layout, CgroupController controller,
                           const char *group);

/* Moves @pid into @group in every hierarchy that has it, back to back (one grace period on v1). */
bool cgroup_attach(const CgroupLayout *layout, const char *group, pid_t pid, GError **error);

/* Writes @value to the file @path, a group and a file of this controller's version in it:
 * "/machine/lxc-41-x.libvirt-lxc/libvirt/memory.max". */
bool cgroup_write(const CgroupLayout *layout, CgroupController controller, const char *path,
                  const char *value, GError **error);

/*
 * A service manager passes on to its slices and scopes the controllers it knows, and leaves all
 * others alone. Has the groups above @group of the v2 hierarchy pass on the one of @key
 * ("hugetlb.2MB.max") if it is of the latter; false when it is none.
 */
bool cgroup_pass_on(const CgroupLayout *layout, const char *group, const char *key);

/* Writes @value to the file @key ("memory.high") of @group in the v2 hierarchy.
 * FAILURE_CONFIG_UNSUPPORTED says why when the group has no such file there. */
bool cgroup_write_key(const CgroupLayout *layout, const char *group, const char *key,
                      const char *value, GError **error);

/* Whole content of @file; NULL with error when it cannot be read. */
char *cgroup_read(const CgroupLayout *layout, CgroupController controller, const char *group,
                  const char *file, GError **error);

/* 1 for a v1 hierarchy, 2 for v2, 0 when the controller is not there. */
int cgroup_version(const CgroupLayout *layout, CgroupController controller);

/* An O_PATH descriptor of the group's directory in the hierarchy of @controller, -1 with error. */
int cgroup_open(const CgroupLayout *layout, CgroupController controller, const char *group,
                GError **error);

/*
 * A descriptor that epoll reports when @group, or one below it, ran out of memory: on v1 an eventfd
 * that counts (EPOLLIN), on v2 the group's memory.events, whose oom_kill counts (EPOLLPRI). -1 with
 * error.
 */
int cgroup_watch_memory(const CgroupLayout *layout, const char *group, GError **error);

/* All hierarchies: GPtrArray of CgroupHierarchy *, owned by the layout; never empty. */
const GPtrArray *cgroup_hierarchies(const CgroupLayout *layout);

/*
 * Opens @file of @group ("tasks"), or with @file NULL its directory (O_RDONLY | O_DIRECTORY, good
 * for CLONE_INTO_CGROUP and open_tree()). @flags as of open(2). -1 with error.
 */
int cgroup_hierarchy_open(const CgroupHierarchy *hierarchy, const char *group, const char *file,
                          int flags, GError **error);

/*
 * The groups the calling process is in: the text of /proc/self/cgroup, for cgroup_return(). Free
 * with g_free(). NULL with error.
 */
char *cgroup_position(GError **error);

/* Moves the calling, single-threaded process back to where it was; quiet on failure: what is left
 * of a group that cannot be left is removed by the driver. */
void cgroup_return(const CgroupLayout *layout, const char *position);

/*
 * Sets which devices the tasks of @group may use: nothing but what @rules (ContainerDeviceRule *)
 * allow, applied in order. On v1 before the group has groups below it: the kernel refuses it later.
 */
bool cgroup_limit_devices(const CgroupLayout *layout, const char *group, const GPtrArray *rules,
                          GError **error);

/*
 * Makes of the rules @before, which @group has, those of @after, while its tasks run. On v1 what is
 * new is also given to the groups below that have what @group has: the others were restricted by
 * the guest itself. A device that is open stays usable.
 */
bool cgroup_change_devices(const CgroupLayout *layout, const char *group, const GPtrArray *before,
                           const GPtrArray *after, GError **error);

/* Suspends or resumes all tasks of @group; returns when they are. FAILURE_OPERATION_TIMEOUT at
 * @deadline (a suspension that was begun is taken back). */
bool cgroup_freeze(const CgroupLayout *layout, const char *group, bool frozen, gint64 deadline,
                   GError **error);

/*
 * Gives @group to @uid and @gid, so that the root of a user namespace can make groups below it: the
 * v2 hierarchy and name=systemd only, because the kernel does not make v1 controllers safe for
 * that.
 */
bool cgroup_delegate(const CgroupLayout *layout, const char *group, uid_t uid, gid_t gid,
                     GError **error);

/*
 * SIGKILL to every task of @group and below, suspended ones included (they are thawed so that they
 * die); repeats until none is left or @deadline (g_get_monotonic_time()). A missing group is
 * success. FAILURE_OPERATION_FAILED "Some processes refused to die" at the deadline.
 */
bool cgroup_kill(const CgroupLayout *layout, const char *group, gint64 deadline, GError **error);

/* Waits until @group and those below have no tasks; false at @deadline. A missing group has none.
 */
bool cgroup_await_empty(const CgroupLayout *layout, const char *group, gint64 deadline);

/* Removes of @group and those that are made below it for a guest what has neither tasks nor groups;
 * waits for nothing. As cgroup_remove() about scopes. */
void cgroup_remove_empty(const CgroupLayout *layout, const char *group);

/* Removes @group and everything below it from every hierarchy; waits for dying tasks until
 * @deadline. A missing group is success; that of a scope is left to systemd where it is systemd's.
 */
bool cgroup_remove(const CgroupLayout *layout, const char *group, gint64 deadline, GError **error);

/*
 * The group libvirt uses for a guest without systemd: "/machine/lxc-41-heron.libvirt-lxc" for
 * partition
 * "/machine", pid 41 and name "heron", with the escapes libvirt uses. Free with g_free().
 */
char *cgroup_guest_name(const char *partition, pid_t pid, const char *name);

/* machined's name of a guest, "lxc-41-heron"; at most 64 characters. Free with g_free(). */
char *cgroup_machine_name(pid_t pid, const char *name);

/*
 * Where systemd manages the groups: the slice of a partition ("machine-fruit.slice" for
 * "/machine/fruit"), the scope unit of a machine ("machine-lxc\\x2d41\\x2dheron.scope"), and the
 * group of that scope below each hierarchy. Free with g_free().
 */
char *cgroup_slice_name(const char *partition);
char *cgroup_scope_name(const char *machine);
char *cgroup_scope_group(const char *partition, pid_t pid, const char *name);

/* Whether @group is that of a machine's scope. */
bool cgroup_is_scope(const char *group);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgroupLayout, cgroup_layout_free)
