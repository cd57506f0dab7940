/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A domain definition of type 'lxc': the structs behind the domain XML. One struct per element, in
 * the element's own header (element-filesystem.h …); this header holds the whole and the functions
 * on it. Pure: no root, no kernel, no libvirt. Not thread-safe: whoever owns a Definition guards
 * it.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "xml/element-blkio.h"
#include "xml/element-caisson.h"
#include "xml/element-clock.h"
#include "xml/element-console.h"
#include "xml/element-disk.h"
#include "xml/element-features.h"
#include "xml/element-filesystem.h"
#include "xml/element-hostdev.h"
#include "xml/element-idmap.h"
#include "xml/element-interface.h"
#include "xml/element-machine.h"
#include "xml/element-namespace.h"
#include "xml/element-numatune.h"
#include "xml/element-os.h"
#include "xml/element-seclabel.h"
#include "xml/element-tuning.h"
#include "xml/kept.h"

/* on_poweroff, on_reboot, on_crash; order is virDomainLifecycleAction's */
typedef enum {
    LIFECYCLE_DESTROY,
    LIFECYCLE_RESTART,
    LIFECYCLE_RENAME_RESTART,
    LIFECYCLE_PRESERVE,
    LIFECYCLE_COREDUMP_DESTROY,
    LIFECYCLE_COREDUMP_RESTART,
} LifecycleAction;

typedef struct {
    int id; /* pid of the controller; -1: not running */
    char *name;
    char *uuid;          /* lower case, dashed */
    char *generation_id; /* lower case, dashed; NULL: none */
    char *title;
    char *description;
    char *metadata;          /* children of <metadata> as they are printed; see metadata.h */
    uint64_t memory;         /* KiB, the maximum */
    int dump_core;           /* of <memory>: 0 not said, 1 on, 2 off */
    uint64_t current_memory; /* KiB */
    uint64_t vcpus;
    uint64_t vcpus_online; /* at most vcpus */
    char *cpuset;          /* "0-2,5", canonical; NULL: all */
    bool vcpu_placement_auto;
    BlockTuning block_tuning;
    MemoryTuning memory_tuning;
    MemoryBacking memory_backing;
    uint64_t iothreads; /* without effect */
    CpuTuning cpu_tuning;
    NumaTuning numa_tuning;
    char *partition;        /* resource partition, "/machine"; NULL: not configured */
    char *fibre_channel_id; /* without effect */
    Os os;
    GPtrArray *uid_map; /* of IdMapEntry *, sorted by start; empty: no user namespace */
    GPtrArray *gid_map;
    Features features;
    Clock clock;
    LifecycleAction on_poweroff;
    LifecycleAction on_reboot;
    LifecycleAction on_crash;
    int on_lock_failure; /* 0: default; without effect */
    PowerManagement power_management;
    Perf perf;
    char *emulator;           /* path of the controller program */
    GPtrArray *disks;         /* of Disk * */
    GPtrArray *filesystems;   /* of Filesystem * */
    GPtrArray *interfaces;    /* of Interface * */
    GPtrArray *consoles;      /* of Console * */
    GPtrArray *hostdevs;      /* of Hostdev * */
    GPtrArray *seclabels;     /* of Seclabel *, each of another model */
    NamespaceSharing sharing; /* <lxc:namespace> */
    CaissonOptions caisson;   /* <caisson:container> */
    GPtrArray *kept; /* of Kept *: elements kept as they came, printed in their canonical place */
} Definition;

/* What the host says where the document says nothing. */
typedef struct {
    const char *arch;             /* "x86_64" */
    const char *emulator;         /* default of <emulator> */
    const char *security_model;   /* "apparmor": of a seclabel that names none; NULL: leave it */
    bool idmap;                   /* filesystems without accessmode are 'mapped' */
    const char *schema_directory; /* of DEFINITION_VALIDATE; NULL: where they are installed */
} DefinitionDefaults;

typedef enum {
    /* configuration, not a running guest: ids, ttys, aliases and generated names are ignored */
    DEFINITION_INACTIVE = 1 << 0,
    /* from disk: only what cannot be understood is an error, definition_check() does not run */
    DEFINITION_TRUSTED = 1 << 1,
    /* VIR_DOMAIN_DEFINE_VALIDATE: what the schemas do not describe is an error; see validate.h */
    DEFINITION_VALIDATE = 1 << 2,
} DefinitionParseFlags;

typedef enum {
    DEFINITION_FORMAT_INACTIVE = 1 << 0, /* as configured */
    DEFINITION_FORMAT_SECURE = 1 << 1,   /* with passwords and secrets */
    DEFINITION_FORMAT_MIGRATABLE = 1 << 2,
} DefinitionFormatFlags;

/*
 * Parses a whole <domain>. Input is untrusted: bounded depth and size, no entities, no network.
 * Errors: FAILURE_XML, FAILURE_CONFIG_UNSUPPORTED, FAILURE_NO_NAME, FAILURE_INVALID_ARG,
 * FAILURE_XML_DETAIL … as facts of the stock driver have them; the message names element, value and
 * remedy.
 */
Definition *definition_parse(const char *xml, const DefinitionDefaults *defaults,
                             DefinitionParseFlags flags, GError **error);

/* Parses the <domain> element below a root element (a status file: <domstatus>); see
 * definition_parse(). */
Definition *definition_parse_within(const char *xml, const char *root,
                                    const DefinitionDefaults *defaults, DefinitionParseFlags flags,
                                    GError **error);

/* Name and uuid only (either may come back NULL when absent): all that is read before access
 * control. Free both with g_free(). */
bool definition_peek(const char *xml, char **ret_name, char **ret_uuid, GError **error);

/* Canonical XML as libvirt prints it; a definition with id -1 formats as inactive. Free with
 * g_free(). */
char *definition_format(const Definition *definition, DefinitionFormatFlags flags);

Definition *definition_copy(const Definition *definition);
void definition_free(Definition *definition);

/* All that define, create and attach refuse beyond what parsing does; run unless
 * DEFINITION_TRUSTED. */
bool definition_check(const Definition *definition, GError **error);

/*
 * KiB that a guest may use: <hard_limit> of <memtune>, without one <memory>; a <currentMemory> that
 * is less than <memory> is obeyed in both cases. TUNING_UNLIMITED or more: all.
 */
uint64_t definition_memory_limit(const Definition *definition);

/* Console with @alias, the first one for NULL; NULL when there is none. */
const Console *definition_console(const Definition *definition, const char *alias);

/* Names of the devices, and parts of interfaces, that are kept as they came and mean nothing to a
 * container, each once and sorted: "input, interface/model". NULL: there are none. Free with
 * g_free(). */
char *definition_without_effect(const Definition *definition);

/*
 * For those who build definitions: adds an empty element at @place ("devices/interface"), to be
 * filled as a Kept tree. It is printed with the others of its place, and becomes one of them when
 * what was printed is parsed. The Definition owns it.
 */
Kept *definition_draft(Definition *definition, const char *place);

/*
 * The elements that native formats know, as Kept trees in the order they are printed: interfaces,
 * devices of the host, and what is in definition->kept. Free with g_ptr_array_unref().
 */
GPtrArray *definition_view(const Definition *definition);

/* Whether both print the same, secrets included. */
bool definition_equal(const Definition *one, const Definition *other);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Definition, definition_free)
