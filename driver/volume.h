/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes of storage pools, which libvirt's storage driver knows. */
#pragma once

#include "xml/container.h"

/*
 * For ContainerContext.volumes: adds what @filesystem means to @volumes, if it is a volume. Asks
 * the storage driver, which may be another process: no lock is held. FAILURE_CONFIG_UNSUPPORTED
 * names pool and volume, and what to do.
 */
bool volume_resolve(const Filesystem *filesystem, GHashTable *volumes, GError **error);

/* An empty table of volumes. */
GHashTable *volumes_new(void);
