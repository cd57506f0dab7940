/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <hostdev>: a device of the host that a container gets. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "xml/element-address.h"

typedef enum { HOSTDEV_SUBSYSTEM, HOSTDEV_CAPABILITIES } HostdevMode;

typedef enum {
    HOSTDEV_USB,
    HOSTDEV_PCI,
    HOSTDEV_SCSI, /* this and the next two: kept, a container cannot have them */
    HOSTDEV_SCSI_HOST,
    HOSTDEV_MDEV,
    HOSTDEV_STORAGE, /* this and the next two: mode HOSTDEV_CAPABILITIES */
    HOSTDEV_MISC,
    HOSTDEV_NET,
} HostdevType;

enum { HOSTDEV_POLICY_OPTIONAL = 3 }; /* of startup_policy; the rest: element-hostdev.c */

#define HOSTDEV_ID_UNSET UINT64_MAX

typedef struct {
    HostdevMode mode;
    HostdevType type;
    bool managed; /* subsystem */
    char *sgio;
    char *rawio;
    char *model;
    char *display;
    char *ramfb;
    int startup_policy; /* USB: 0 not said, 1 mandatory, 2 requisite, 3 optional */
    int missing;        /* USB, live only: 1 yes */
    char *guest_reset;  /* USB */
    uint64_t vendor;    /* USB; HOSTDEV_ID_UNSET: not said, as is product then */
    uint64_t product;
    uint64_t bus; /* USB; HOSTDEV_ID_UNSET: not said, as is device then */
    uint64_t device;
    char *path;        /* STORAGE, MISC: of the node; NET: name of the interface */
    GPtrArray *ips;    /* NET: of IpAddress * */
    GPtrArray *routes; /* NET: of IpRoute * */
    bool readonly;
    bool shareable;
    char *alias;     /* live only */
    GPtrArray *kept; /* of Kept *: source of other types, boot, address … */
} Hostdev;

Hostdev *hostdev_new(void);
void hostdev_free(Hostdev *hostdev);

/* The word of a type: "usb". */
const char *hostdev_type_name(HostdevType type);

/* "0000:03:00.0", from the source of HOSTDEV_PCI; NULL when it names none. Free with g_free(). */
char *hostdev_pci_address(const Hostdev *hostdev);

/* Whether a container can have such a device at all. */
bool hostdev_is_possible(HostdevType type);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hostdev, hostdev_free)
