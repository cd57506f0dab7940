/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* qemu-nbd(8), confined to the image it reads, and the first words of the protocol with it. */
#pragma once

#include <stdint.h>

#include "controller/mounts/image.h"

typedef struct {
    pid_t pid;      /* 0: it does not run */
    Fd socket;      /* connected, and past the handshake */
    uint64_t size;  /* of the disk, in bytes */
    uint64_t flags; /* NBD_FLAG_…, what it can do */
} NbdServer;

#define NBD_SERVER_NONE ((NbdServer){ .socket = -1 })

/*
 * Starts the server as a child of the caller's parent. It sees programs and libraries of the host,
 * the image and, for reading only, the directory the image is in, where backing files may be; it
 * has no network. It ends when the connection does.
 *
 * The caller must be a process made for this: on failure *ret_server may have a pid, for
 * nbd_server_end().
 */
bool nbd_server_start(const Image *image, int file, NbdServer *ret_server, GError **error);

/* Kills a server that nobody uses yet. Its parent reaps it. */
void nbd_server_end(const NbdServer *server);
