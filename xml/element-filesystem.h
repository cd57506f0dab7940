/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <filesystem>: one mount of a container, or its root. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    FILESYSTEM_MOUNT,
    FILESYSTEM_BLOCK,
    FILESYSTEM_FILE,
    FILESYSTEM_TEMPLATE,
    FILESYSTEM_RAM,
    FILESYSTEM_BIND,
    FILESYSTEM_VOLUME,
} FilesystemType;

typedef enum {
    FILESYSTEM_ACCESS_NONE, /* not said: only the implicit root filesystem */
    FILESYSTEM_ACCESS_PASSTHROUGH,
    FILESYSTEM_ACCESS_MAPPED,
    FILESYSTEM_ACCESS_SQUASH,
} FilesystemAccess;

typedef enum {
    FILESYSTEM_DRIVER_NONE, /* not said */
    FILESYSTEM_DRIVER_PATH,
    FILESYSTEM_DRIVER_HANDLE,
    FILESYSTEM_DRIVER_LOOP,
    FILESYSTEM_DRIVER_NBD,
    FILESYSTEM_DRIVER_PLOOP,
    FILESYSTEM_DRIVER_VIRTIOFS,
    FILESYSTEM_DRIVER_MTP,
} FilesystemDriver;

typedef enum {
    FILESYSTEM_FORMAT_UNSET,
    FILESYSTEM_FORMAT_NONE,
    FILESYSTEM_FORMAT_RAW,
    FILESYSTEM_FORMAT_OTHER, /* this and above: words in element-filesystem.c */
} FilesystemFormat;

/* The format whose word the first @length bytes of @word are; FILESYSTEM_FORMAT_UNSET: there is
 * none. */
FilesystemFormat storage_format_find(const char *word, size_t length);
/* The word of a format, and that of qemu-img(1) for it; NULL: it does not read that. */
const char *storage_format_name(FilesystemFormat format);
const char *storage_format_of_qemu(FilesystemFormat format);

typedef struct {
    FilesystemType type;
    FilesystemAccess access_mode;
    char *model;
    char *multidevs;
    char *fmode;
    char *dmode;
    FilesystemDriver driver_type;
    FilesystemFormat driver_format;
    int driver_wrpolicy; /* 1: immediate */
    char *source; /* directory (mount, bind), device (block), image (file), name (template); else
                     NULL */
    char *pool;   /* volume */
    char *volume;
    uint64_t ram_usage; /* bytes */
    char *target;       /* path inside the container */
    bool readonly;
    uint64_t space_hard_limit; /* bytes, 0: none */
    uint64_t space_soft_limit;
    char *driver_queue; /* kept */
    char *alias;        /* live only */
    GPtrArray *kept;    /* of Kept *: binary, address … */
} Filesystem;

Filesystem *filesystem_new(void);
void filesystem_free(Filesystem *filesystem);

/* The word of a type: "mount". */
const char *filesystem_type_name(FilesystemType type);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Filesystem, filesystem_free)
