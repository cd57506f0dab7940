/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An owned file descriptor: g_auto(Fd) closes it. */
#pragma once

#include <glib.h>
#include <unistd.h>

typedef int Fd;

/* Closes *fd if it is open and sets it to -1; errno is kept. */
void fd_close(Fd *fd);

/* Returns *fd and sets it to -1: ownership moves to the caller. */
static inline int
fd_steal(Fd *fd)
{
    int stolen = *fd;

    *fd = -1;
    return stolen;
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fd, fd_close)
