/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Closing owned file descriptors. */
#include "controller/wire/descriptor.h"

#include <errno.h>

void
fd_close(Fd *fd)
{
    int saved = errno;

    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    errno = saved;
}
