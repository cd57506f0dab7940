/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Joins a client's stream with a file descriptor of ours. */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>

/*
 * Data now flows between @stream and @fd, which the stream owns from here on; on failure
 * (FAILURE_INTERNAL) it stays the caller's. It becomes non-blocking if the stream is.
 */
bool stream_open_fd(virStreamPtr stream, int fd, GError **error);

typedef void (*StreamClosed)(virStreamPtr stream, void *opaque);

/*
 * Calls @closed once when @stream, opened with stream_open_fd(), is closed or aborted, then frees
 * @opaque with @free_opaque (may be NULL). It runs with the stream locked: it must neither call the
 * stream nor wait for anyone who might.
 */
bool stream_on_close(virStreamPtr stream, StreamClosed closed, void *opaque,
                     virFreeCallback free_opaque, GError **error);
