/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The filter of the guest's system calls: made on the host's side, installed by init to be. */
#include "controller/confinement/filter.h"
#include "controller/launcher/steps.h"

bool
seccomp_prepare(Launch *launch, GError **error)
{
    return filter_compile(launch->container->os->seccomp, &launch->filter, error);
}

bool
seccomp_confine(Launch *launch, GError **error)
{
    return filter_install(&launch->filter, error);
}
