/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The container definition: an OCI runtime-spec document plus one object "caisson".
 * Source of the nouns: OCI runtime-spec 1.2, config.md and config-linux.md.
 * It says all a guest needs; the launcher reads nothing else. Field names in JSON are OCI's
 * (camelCase); members here are the same words in snake case. Absent numbers are -1 (signed)
 * or UNSET (unsigned).
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "controller/wire/interface.h"
#include "controller/wire/json.h"

#define CONTAINER_UNSET UINT64_MAX

typedef struct {
    char *destination; /* absolute, inside the container */
    /* "bind", or a file system: "tmpfs", "proc", "sysfs", "devpts", "cgroup"; with the source on a
     * block device also "auto": found by its contents */
    char *type;
    char *source;   /* host path of a bind, a block device or an image; NULL otherwise */
    char **options; /* "ro", "nosuid", "rbind", "size=65536", "mode=755" …; OCI config.md */
    /* ours, in the object "caisson" of the mount: .source is looked up inside the container */
    bool source_in_container;
    char
        *image; /* .source is a file with a file system; "loop", "nbd": what makes a device of it */
    char *image_format;   /* "nbd": of the file, as qemu-img(1) names it: "qcow2" */
    uint64_t space_limit; /* bytes that may be kept there; 0: no limit */
} ContainerMount;

typedef struct {
    char *path; /* what becomes "/": directory, block device or image of the host */
    bool readonly;
    ContainerMount *mount; /* key "caisson": how .path is mounted; NULL: bound as it is */
} ContainerRoot;

typedef struct {
    uint64_t uid;
    uint64_t gid;
} ContainerUser;

typedef struct {
    /* names as in capabilities(7), "CAP_CHOWN" …; inheritable and ambient are always empty */
    char **bounding;
    char **effective;
    char **permitted;
} ContainerCapabilities;

typedef struct {
    char *type; /* "RLIMIT_NOFILE" */
    uint64_t hard;
    uint64_t soft;
} ContainerRlimit;

typedef struct {
    char **args; /* args[0] is also the path to execute */
    char **env;  /* "NAME=value" in order */
    char *cwd;
    ContainerUser *user; /* OCI wants numbers: 0/0 when caisson.user names someone */
    ContainerCapabilities *capabilities;
    GPtrArray *rlimits;     /* of ContainerRlimit *; what is not named has the launcher's default */
    int64_t oom_score_adj;  /* -1000..1000; 0: as the kernel gives it */
    bool no_new_privileges; /* no program of the guest gains privileges by being executed */
    char *apparmor_profile; /* NULL: as the launcher */
    char *selinux_label;    /* NULL: as the launcher */
} ContainerProcess;

typedef struct {
    char *type; /* "mount", "pid", "uts", "ipc", "cgroup", "network", "user" */
    char *path; /* join this namespace file instead of creating one; NULL: create */
} ContainerNamespace;

typedef struct {
    uint64_t container_id;
    uint64_t host_id;
    uint64_t size;
} ContainerIdMapping;

typedef struct {
    char *path; /* inside the container, below /dev */
    char *type; /* "c" or "b" */
    int64_t major;
    int64_t minor;
    uint64_t file_mode; /* permission bits */
} ContainerDevice;

typedef struct {
    bool allow;
    char *type;    /* "a", "b" or "c" */
    int64_t major; /* -1: any */
    int64_t minor; /* -1: any */
    char *access;  /* of "rwm" */
} ContainerDeviceRule;

typedef struct {
    int64_t limit;       /* bytes, -1: unlimited */
    int64_t reservation; /* bytes, -1: none */
    int64_t swap;        /* bytes of memory plus swap, -1: unlimited */
} ContainerMemory;

typedef struct {
    uint64_t shares; /* cgroup v1 scale, 2..262144; UNSET: none */
    int64_t quota;   /* microseconds, -1: unlimited; 0: not set */
    uint64_t period; /* microseconds; UNSET: none */
    char *cpus;      /* "0-2,5"; NULL: all */
    char *mems;
} ContainerCpu;

typedef struct {
    int64_t limit; /* tasks, -1: unlimited */
} ContainerPids;

typedef struct {
    char *page_size; /* "2MB", as the kernel names it */
    uint64_t limit;  /* bytes */
} ContainerHugepageLimit;

typedef struct {
    uint64_t class_id; /* 0: none */
} ContainerNetworkLimit;

/* A block device, by the path of its node: OCI wants numbers, which only the launcher knows. */
typedef struct {
    char *path;
    uint64_t weight;     /* this and the following: UNSET: none */
    uint64_t read_bytes; /* per second, as the rest */
    uint64_t write_bytes;
    uint64_t read_iops;
    uint64_t write_iops;
} ContainerBlockDevice;

typedef struct {
    uint64_t weight;    /* UNSET: none */
    GPtrArray *devices; /* of ContainerBlockDevice *; ours, key "caisson" */
} ContainerBlockIo;

typedef struct {
    GPtrArray *devices; /* of ContainerDeviceRule *, applied in order */
    ContainerMemory *memory;
    ContainerCpu *cpu;
    ContainerPids *pids;
    ContainerBlockIo *block_io;
    GPtrArray *hugepage_limits; /* of ContainerHugepageLimit * */
    ContainerNetworkLimit *network;
    GPtrArray *unified; /* of JsonPair *: files of the v2 group, "memory.high", to values */
} ContainerResources;

/* Where init's memory comes from by preference; config-linux.md of OCI 1.3. */
typedef struct {
    char *mode;  /* "MPOL_PREFERRED", "MPOL_PREFERRED_MANY" or "MPOL_INTERLEAVE" */
    char *nodes; /* "0-1,3" */
} ContainerMemoryPolicy;

typedef struct {
    char *domain; /* "LINUX" or "LINUX32" */
} ContainerPersonality;

typedef struct {
    uint64_t index; /* of the argument, from 0 */
    uint64_t value; /* of SCMP_CMP_MASKED_EQ: the mask */
    uint64_t value_two;
    char *op; /* "SCMP_CMP_EQ", "SCMP_CMP_MASKED_EQ" … */
} ContainerSeccompArgument;

typedef struct {
    char **names;    /* of system calls; what the launcher does not know is left out */
    char *action;    /* "SCMP_ACT_ERRNO" … */
    uint64_t errnum; /* of SCMP_ACT_ERRNO; UNSET: EPERM */
    GPtrArray *args; /* of ContainerSeccompArgument *: all must hold */
} ContainerSeccompRule;

typedef struct {
    char *default_action;
    GPtrArray *rules; /* of ContainerSeccompRule *; key "syscalls" */
    bool optional;    /* ours, key "caisson": a kernel without seccomp starts the guest without */
} ContainerSeccomp;

typedef struct {
    GPtrArray *namespaces;   /* of ContainerNamespace * */
    GPtrArray *uid_mappings; /* of ContainerIdMapping * */
    GPtrArray *gid_mappings;
    GPtrArray *devices; /* of ContainerDevice *: nodes beyond the default six */
    ContainerResources *resources;
    char **masked_paths;
    char **readonly_paths;
    ContainerPersonality *personality;
    ContainerSeccomp *seccomp; /* NULL: no filter */
    char *mount_label;         /* SELinux label of what the launcher mounts; NULL: none */
    ContainerMemoryPolicy *memory_policy; /* NULL: none */
} ContainerLinux;

typedef struct {
    char *alias;     /* "console0" */
    char *log_file;  /* file of the host that gets its output; NULL: none */
    bool log_append; /* what is in it stays */
} ContainerConsole;

/*
 * A device of the host by what the domain calls it. What nodes it has there, and with which
 * numbers, is found out when the guest gets it; see controller/devices/find.h for the kinds.
 */
typedef struct {
    char *alias;    /* "disk0", "hostdev1" */
    char *kind;     /* "block", "char", "image", "usb", "pci" */
    char *source;   /* path on the host; "pci": "0000:03:00.0"; "usb": NULL */
    char *path;     /* inside, below /dev; NULL: where the host has it */
    char *format;   /* "image": as qemu-img(1) names it, "qcow2"; NULL: raw */
    bool direct;    /* "image": not by way of the host's page cache */
    int64_t vendor; /* "usb": this and the next three; -1: any */
    int64_t product;
    int64_t bus;
    int64_t device;
    bool readonly;
    bool optional; /* one that the host does not have is left out */
} ContainerHostDevice;

/* What OCI has no word for. */
typedef struct {
    char *name;            /* domain name */
    char *uuid;            /* lower case, dashed */
    char *state_directory; /* /run/libvirt/lxc: NAME.sock, NAME.pid and NAME.exit live there */
    char *partition;       /* resource partition, "/machine" */
    /* who makes the guest's group: "machined" (a machine in a scope of systemd's), "systemd" (a
     * scope alone), "direct" (the launcher, where systemd does not run); NULL: "direct" */
    char *placement;
    char *group_view;    /* what the guest sees of its groups on a hybrid host: "unified", "host"
                            (all hierarchies); NULL: whatever its init understands */
    GPtrArray *consoles; /* of ContainerConsole *; the first is stdin, stdout, stderr of init */
    /* inituser and initgroup as written in the domain: a name or a number, looked up in the
     * container's own /etc/passwd and /etc/group; NULL: root */
    char *user;
    char *group;
    bool view;               /* files of /proc and /sys are made from the guest's own group */
    GPtrArray *interfaces;   /* of ContainerInterface * */
    GPtrArray *host_devices; /* of ContainerHostDevice * */
    bool reaper;             /* init is a child of a program that takes in orphans */
    bool nesting;            /* proc and sysfs that nothing is mounted on are in sight */
    bool time_namespace;     /* clocks since boot begin with the guest */
    bool host_network;       /* no network namespace of its own */
    bool paused;             /* freeze before init runs */
    uint64_t passed_fds;     /* number of fds passed with Launch that init gets as 3, 4, … */
} ContainerExtension;

typedef struct {
    char *oci_version;
    ContainerRoot *root;
    char *hostname;
    GPtrArray *mounts; /* of ContainerMount *, in the order they are mounted */
    ContainerProcess *process;
    ContainerLinux *os; /* key "linux" */
    ContainerExtension *caisson;
} Container;

/* Row tables; whoever fills a Container allocates with json_new(&container_mount_type) etc. */
extern const JsonType container_type;
extern const JsonType container_mount_type;
extern const JsonType container_namespace_type;
extern const JsonType container_id_mapping_type;
extern const JsonType container_device_type;
extern const JsonType container_device_rule_type;
extern const JsonType container_console_type;
extern const JsonType container_host_device_type;
extern const JsonType container_root_type;
extern const JsonType container_process_type;
extern const JsonType container_user_type;
extern const JsonType container_capabilities_type;
extern const JsonType container_linux_type;
extern const JsonType container_resources_type;
extern const JsonType container_memory_type;
extern const JsonType container_cpu_type;
extern const JsonType container_pids_type;
extern const JsonType container_hugepage_limit_type;
extern const JsonType container_network_limit_type;
extern const JsonType container_block_device_type;
extern const JsonType container_block_io_type;
extern const JsonType container_personality_type;
extern const JsonType container_rlimit_type;
extern const JsonType container_seccomp_type;
extern const JsonType container_seccomp_rule_type;
extern const JsonType container_seccomp_argument_type;
extern const JsonType container_memory_policy_type;
extern const JsonType container_extension_type;

/*
 * A container with ociVersion set, all arrays empty, and root, process (user, not capabilities),
 * os, resources (memory, cpu, pids, block_io) and caisson allocated and empty.
 */
Container *container_new(void);
void container_free(Container *container);

/* JSON, @pretty for who reads it; see json_write(). */
char *container_to_json(const Container *container, bool pretty);
/*
 * As json_read(); what container_new() allocates is allocated also when the text has none of it,
 * and process.args has at least one element. process.capabilities stays NULL when absent.
 */
Container *container_from_json(const char *text, size_t length, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Container, container_free)
