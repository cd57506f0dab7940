/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Joins a client's stream with a file descriptor of ours. */
#include "driver/abi/stream.h"

#include "driver/abi/error.h"
#include "driver/abi/symbols.h"

bool
stream_open_fd(virStreamPtr stream, int fd, GError **error)
{
    if (!symbols_load(error))
        return false;
    if (private.virFDStreamOpen(stream, fd) < 0)
        return abi_fail(error, FAILURE_INTERNAL, "cannot open the client's stream");
    return true;
}

bool
stream_on_close(virStreamPtr stream, StreamClosed closed, void *opaque, virFreeCallback free_opaque,
                GError **error)
{
    if (!symbols_load(error))
        return false;
    if (private.virFDStreamSetInternalCloseCb(stream, closed, opaque, free_opaque) < 0)
        return abi_fail(error, FAILURE_INTERNAL, "cannot watch the client's stream");
    return true;
}
