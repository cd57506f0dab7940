/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tells clients once when what a guest keeps takes more room on the host than they said: a thread
 * looks once a second, as long as anybody wants to know. Nothing of it outlives the guest or the
 * daemon.
 */
#pragma once

#include "driver/domain.h"

/* What takes room. */
typedef struct {
    const char *device; /* as clients call it: "vda", "/" */
    const char *path;   /* image or directory on the host */
    bool directory;     /* below which the file system counts by itself */
} ThresholdPlace;

/*
 * From @bytes on, event_block_threshold(). 0: nobody wants to know any more. The caller holds busy
 * of @domain, whose guest runs. Fails when what is there cannot be known.
 */
bool threshold_set(Domain *domain, const ThresholdPlace *place, uint64_t bytes, GError **error);

/* The bytes at which clients are told, while the guest @pid runs; 0: they are not. Takes no lock of
 * the domain. */
uint64_t threshold_get(const Domain *domain, pid_t pid, const char *device);
