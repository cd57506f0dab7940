/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether this is the daemon's first start since the host booted. */
#include "driver/abi/boot-marker.h"

#include "controller/wire/failure.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool
boot_marker_claim(const char *state_dir, bool *ret_first, GError **error)
{
    g_autofree char *path = g_build_filename(state_dir, "autostarted", NULL);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0 && errno != EEXIST)
        return fail_errno(error, errno, "cannot create '%s'", path);
    *ret_first = fd >= 0;
    if (fd >= 0)
        close(fd);
    return true;
}
