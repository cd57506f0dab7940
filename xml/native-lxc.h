/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A configuration of LXC while it is read: what its lines said, one file per topic. */
#pragma once

#include "xml/native-build.h"

typedef struct {
    char *key;
    char *value; /* "": the key was reset */
    unsigned number;
} LxcLine;

/* Keys of which the last line counts. */
typedef enum {
    LXC_NAME,
    LXC_ARCH,
    LXC_ROOT,
    LXC_ROOT_OPTIONS,
    LXC_TTYS,
    LXC_AUTODEV,
    LXC_INIT_COMMAND,
    LXC_INIT_USER,
    LXC_INIT_GROUP,
    LXC_INIT_DIRECTORY,
    LXC_SHARE_NET,
    LXC_SHARE_IPC,
    LXC_SHARE_UTS,
    LXC_MEMORY_LIMIT,
    LXC_MEMORY_SOFT,
    LXC_MEMORY_LOW,
    LXC_MEMORY_MEMSW,
    LXC_MEMORY_SWAP,
    LXC_CPU_SHARES,
    LXC_CPU_WEIGHT,
    LXC_CPU_QUOTA,
    LXC_CPU_PERIOD,
    LXC_CPU_MAX,
    LXC_CPUS,
    LXC_NODES,
    LXC_BLOCK_WEIGHT,
    LXC_PIDS,
    LXC_NO_NEW_PRIVILEGES,
    LXC_OOM_SCORE,
    LXC_SCALARS
} LxcScalar;

typedef struct {
    Definition *definition;
    NativeReport *report;
    const LxcLine *scalars[LXC_SCALARS]; /* NULL: not said */
    GPtrArray *mounts;                   /* of const LxcLine *: lxc.mount.entry */
    GPtrArray *networks;                 /* of LxcNetwork *, native-lxc-network.c */
    GHashTable *network_indexes;         /* index of lxc.net.N → LxcNetwork * */
    GHashTable *block_devices;           /* "8:0" → the <device> of <blkiotune> */
    Kept *block_tuning;                  /* NULL: none yet; the definition owns it */
    bool drops;
    bool keeps;
    bool capabilities[CAPABILITY_COUNT]; /* dropped or kept */
} LxcConfig;

/* FAILURE_INVALID_ARG: "line 3, 'key = value': @remedy". */
bool lxc_bad(const LxcLine *line, const char *remedy, GError **error);

/* A line of lxc.net.N or lxc.network; @suffix is what follows the dot behind that. */
bool lxc_network_read(LxcConfig *config, const LxcLine *line, GError **error);
/* <interface>, <hostdev> and <privnet> of what was read. */
bool lxc_network_finish(LxcConfig *config, GError **error);
GPtrArray *lxc_networks_new(void);

/* A line of lxc.cgroup.blkio or lxc.cgroup2.io about one device or several. */
bool lxc_block_read(LxcConfig *config, const LxcLine *line, GError **error);
bool lxc_limits_finish(LxcConfig *config, GError **error);

/* A line that libvirt's elements have no word for; *ret_known: false for one of another kind. */
bool lxc_caisson_read(LxcConfig *config, const LxcLine *line, bool *ret_known, GError **error);
bool lxc_caisson_finish(LxcConfig *config, GError **error);

/* Root first, then lxc.mount.entry. */
bool lxc_mounts_finish(LxcConfig *config, GError **error);
