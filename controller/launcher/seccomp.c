/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The filter of the guest's system calls: made on the host's side, installed by init to be. */
#include "controller/confinement/filter.h"
#include "controller/launcher/steps.h"
#include "controller/launcher/sync.h"

bool
seccomp_open(Launch *launch, GError **error)
{
    if (!launch->container->os->seccomp)
        return true;
    launch->filter = filter_open(error);
    return launch->filter >= 0;
}

bool
seccomp_compile(Launch *launch, GError **error)
{
    if (launch->filter < 0)
        return true;
    if (!filter_compile(launch->container->os->seccomp, launch->filter, error))
        return false;
    /* one that has ended meanwhile has said why */
    sync_send(launch->sync, SYNC_FILTER, NULL);
    return true;
}

bool
seccomp_confine(Launch *launch, GError **error)
{
    return launch->filter < 0 ||
           (sync_await(launch->sync, SYNC_FILTER, error) && filter_install(launch->filter, error));
}
