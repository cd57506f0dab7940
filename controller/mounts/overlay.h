/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A read-only directory with a private one above it that takes all that is written. */
#pragma once

#include <sys/types.h>

#include "controller/mounts/mount-options.h"

/* How layers are idmapped: what is written is kept with the ids of the host. */
typedef struct {
    int user_namespace; /* -1: they are not */
    uid_t uid;          /* on the host, of the guest's root */
    gid_t gid;
} OverlayMap;

/* The directory that takes all that is written, with the upper one in it; free with g_free(). */
char *overlay_layer(const MountOptions *options);

/*
 * The overlay of the options lowerdir, upperdir and workdir as a detached mount; the latter two lie
 * in one directory. -1 with error.
 */
int overlay_mount(const MountOptions *options, const OverlayMap *map, GError **error);
