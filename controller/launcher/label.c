/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The label of init: of a security module, by the host's /proc. */
#include <errno.h>
#include <fcntl.h>

#include "controller/confinement/label.h"
#include "controller/launcher/steps.h"
#include "controller/wire/failure.h"

bool
label_prepare(Launch *launch, GError **error)
{
    if (!label_is_wanted(launch->container->process))
        return true;
    launch->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return launch->proc >= 0 || fail_errno(error, errno, "cannot open '/proc'");
}

bool
label_take(Launch *launch, GError **error)
{
    return label_request(launch->container->process, launch->proc, error);
}
