/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words of a mount's options: attributes of the mount, propagation, and data of the file system. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t set; /* MOUNT_ATTR_… */
    uint64_t clear;
    uint64_t propagation; /* MS_SLAVE … */
    bool recursive;       /* "rbind": with what is mounted below the source */
    bool idmap;           /* "idmap", "ridmap": with the ids of the guest */
    bool optional;        /* "nofail": left out when there is no such source */
    GPtrArray *data;      /* of const char *: "size=65536"; borrowed */
} MountOptions;

/* @words may be NULL. A source is a slave of the host unless the options say otherwise: what the
 * host unmounts is then not kept busy by the guest. */
void mount_options_init(MountOptions *options, const char *const *words);
void mount_options_clear(MountOptions *options);

/*
 * A new file system of @type as a detached mount, -1 with error. The error has the kernel's own
 * words when it gives any.
 */
int mount_create(const char *type, const MountOptions *options, GError **error);

/*
 * As mount_create(), of what is on the block device @device. Read-only as a whole when the options
 * say "ro", so that nothing is written to it; only the mount is when the device is in use already.
 */
int mount_create_on(const char *type, const char *device, const MountOptions *options,
                    GError **error);

/* Sets attributes and propagation of the detached or attached mount at @fd. */
bool mount_adjust(int fd, const MountOptions *options, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MountOptions, mount_options_clear)
