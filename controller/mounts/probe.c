/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libblkid, without its cache and without asking anybody. */
#include "controller/mounts/probe.h"

#include <blkid/blkid.h>
#include <errno.h>

#include "controller/wire/failure.h"

/* results of blkid_do_safeprobe() */
#define FOUND     0
#define NOTHING   1
#define AMBIGUOUS (-2)

static char *
probe_filesystem(blkid_probe probe, const char *path, GError **error)
{
    const char *type = NULL;
    int result;

    blkid_probe_enable_superblocks(probe, 1);
    blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE);
    blkid_probe_filter_superblocks_usage(probe, BLKID_FLTR_ONLYIN, BLKID_USAGE_FILESYSTEM);
    errno = 0;
    result = blkid_do_safeprobe(probe);
    if (result == FOUND && blkid_probe_lookup_value(probe, "TYPE", &type, NULL) == 0)
        return g_strdup(type);
    if (result == AMBIGUOUS)
        fail(error, FAILURE_SYSTEM,
             "'%s' has the marks of more than one file system; remove what is left of the old one "
             "with wipefs(8)",
             path);
    else if (result != NOTHING)
        fail_errno(error, errno ? errno : EIO, "cannot read '%s'", path);
    return NULL;
}

static bool
has_partitions(blkid_probe probe)
{
    blkid_probe_enable_superblocks(probe, 0);
    blkid_probe_enable_partitions(probe, 1);
    return blkid_do_fullprobe(probe) == FOUND && blkid_probe_has_value(probe, "PTTYPE");
}

char *
probe_type(int fd, const char *path, GError **error)
{
    g_autoptr(GError) local = NULL;
    blkid_probe probe = blkid_new_probe();
    char *type = NULL;

    if (!probe || blkid_probe_set_device(probe, fd, 0, 0) < 0)
        fail_errno(error, errno, "cannot examine '%s'", path);
    else if (!(type = probe_filesystem(probe, path, &local)) && local)
        g_propagate_error(error, g_steal_pointer(&local));
    else if (!type && has_partitions(probe))
        fail(
            error, FAILURE_CONFIG_UNSUPPORTED,
            "'%s' is a disk with partitions, not a file system; give one partition, as an image or "
            "a device of its own",
            path);
    else if (!type)
        fail(error, FAILURE_CONFIG_UNSUPPORTED,
             "'%s' has no file system that is known here; make one with mkfs(8)", path);
    blkid_free_probe(probe);
    return type;
}
