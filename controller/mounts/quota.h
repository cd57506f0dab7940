/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much may be kept below a directory of the host. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Limits what is below @directory to @bytes: a subvolume of btrfs by its quota group; on ext4 and
 * XFS by the directory's project, which it is given when it has none. What is below already counts.
 * The error says what the file system or the directory is without, and what to do.
 * @exempt: the guest has CAP_SYS_RESOURCE on the host, to which ext4 sets no limit.
 */
bool quota_limit(const char *directory, uint64_t bytes, bool exempt, GError **error);
