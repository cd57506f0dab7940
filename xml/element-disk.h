/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <disk>: a block device, or an image, that appears in a container's /dev. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    DISK_FILE,
    DISK_BLOCK,
    DISK_DIRECTORY, /* this and the following are kept, a container cannot have them */
    DISK_NETWORK,
    DISK_VOLUME,
    DISK_NVME,
    DISK_VHOST_USER,
    DISK_VHOST_VDPA,
    DISK_CTL,
} DiskType;

typedef enum { DISK_DISK, DISK_CDROM, DISK_FLOPPY, DISK_LUN } DiskDevice;

enum { DISK_POLICY_OPTIONAL = 3 }; /* of startup_policy; the rest: element-disk.c */

#define DISK_DRIVER_OPTIONS 16

typedef enum { DISK_CACHE_DEFAULT, DISK_CACHE_NONE } DiskCache; /* the rest: element-disk.c */

/* <iotune>: what the guest may do to the disk in a second; 0: as much as it can. */
typedef struct {
    uint64_t read_bytes;
    uint64_t write_bytes;
    uint64_t read_iops;
    uint64_t write_iops;
} DiskRates;

typedef struct {
    DiskType type;
    DiskDevice device;
    char *model;
    char *rawio;
    char *sgio;
    char *snapshot;
    char *driver; /* "loop" or "nbd" for a container; NULL: not said */
    int format;   /* FilesystemFormat */
    DiskCache cache;
    char *driver_options[DISK_DRIVER_OPTIONS]; /* other attributes of <driver>, without effect */
    char *source; /* image (file), device (block), directory; NULL: no medium */
    char *pool;   /* volume */
    char *volume;
    char *volume_mode;
    int startup_policy; /* 0 not said, 1 mandatory, 2 requisite, 3 optional */
    uint64_t index;     /* live only, 0: none */
    char *target;       /* name below /dev: "vda" */
    int bus;            /* words in element-disk.c; set from the name when not said */
    char *tray;
    char *removable;
    char *rotation_rate;
    char *dpofua;
    DiskRates rates;
    bool readonly; /* always for a cdrom */
    bool shareable;
    char *serial;
    char *wwn;
    char *vendor;
    char *product;
    char *alias;     /* live only */
    GPtrArray *kept; /* of Kept *: what has no effect, and the source of other types */
} Disk;

Disk *disk_new(void);
void disk_free(Disk *disk);

/* The word of a type: "block". */
const char *disk_type_name(DiskType type);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Disk, disk_free)
