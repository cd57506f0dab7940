/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Entering the mount namespace of a guest. */
#include "controller/worker/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>

#include "controller/wire/failure.h"

bool
guest_enter(int pidfd, GError **error)
{
    if (pidfd < 0)
        return fail(error, FAILURE_INVALID_ARG, "no descriptor of the guest's init came");
    /* the root of the namespace, wherever init may have changed its own to */
    if (setns(pidfd, CLONE_NEWNS) == 0)
        return true;
    if (errno == ESRCH)
        return fail(error, FAILURE_OPERATION_INVALID, "the guest's init has ended");
    return fail_errno(error, errno, "cannot enter the container");
}

int
guest_open_root(GError **error)
{
    int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (root < 0)
        fail_errno(error, errno, "cannot open the root of the container");
    return root;
}
