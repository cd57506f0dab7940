/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host name. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "controller/launcher/steps.h"
#include "controller/wire/failure.h"

bool
hostname_set(Launch *launch, GError **error)
{
    const char *name = launch->container->hostname;

    /* a name in a shared namespace belongs to whom it is shared with */
    if (!name || !launch_owns_namespace(launch, "uts"))
        return true;
    if (sethostname(name, strlen(name)) < 0)
        return fail_errno(error, errno, "cannot set the host name '%s'", name);
    return true;
}
