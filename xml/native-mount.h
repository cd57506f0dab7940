/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One mount of a native format, in the words of mount(8). */
#pragma once

#include "xml/native-build.h"

typedef struct {
    const char *source;
    const char *target;
    const char *type;           /* "none" and "bind" are binds; NULL: the options say */
    const char *const *options; /* NULL-terminated; NULL: none */
    const char *place;          /* for messages: "mount of '/srv' (line 3)" */
} NativeMount;

/*
 * Adds the filesystem for a mount: 'mount' for a bind, 'ram' for a tmpfs (64 MiB if it has no
 * size), 'block' for a device below /dev. Kernel file systems and options that a domain has no word
 * for go into the report. FAILURE_CONFIG_UNSUPPORTED for a relative source.
 */
bool native_mount(Definition *definition, const NativeMount *mount, NativeReport *report,
                  GError **error);
