/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What statistics need to know of a domain, copied under its lock, so that the kernel's files are
 * read without it. */
#pragma once

#include "driver/domain.h"
#include "driver/usage.h"

typedef enum {
    VIEW_DISKS = 1 << 0,
    VIEW_INTERFACES = 1 << 1,
} ViewParts;

typedef struct {
    char *target; /* "vda" */
    char *source; /* path on the host; NULL: none */
    bool block;   /* source is a block device */
    bool raw;     /* an image whose size is that of the disk */
} DiskView;

typedef struct {
    char *target; /* name of the host's end; NULL: there is none, or not yet */
    char *guest;  /* name in the guest; NULL: not known */
    char *mac;
} InterfaceView;

typedef struct {
    virDomainState state;
    int reason;
    uint64_t memory;         /* KiB, the maximum */
    uint64_t current_memory; /* KiB */
    unsigned vcpus;
    unsigned vcpus_online;
    pid_t init_pid;
    Usage usage;           /* .group NULL: nothing runs that could be measured */
    GPtrArray *disks;      /* of DiskView *; NULL unless asked for */
    GPtrArray *interfaces; /* of InterfaceView *; the same */
} GuestView;

/* With the lock held; @view is empty. false when the domain is just being removed. */
bool guest_view_begin(GuestView *view, Domain *domain, unsigned parts);
void guest_view_clear(GuestView *view);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GuestView, guest_view_clear)
