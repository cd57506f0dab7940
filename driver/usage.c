/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which group has the figures of a guest. */
#include "driver/usage.h"

#include "cgroup/cgroup.h"

void
usage_begin(Usage *usage, Domain *domain)
{
    const Guest *guest = domain->guest;

    /* before init is there the groups may not be, or may be without limits and so without figures
     */
    if (!guest || !guest->cgroup || (!guest->init_pid && !guest->foreign))
        return;
    /* the stock driver's group is the one its controller is in: what it holds is the guest, and a
     * few megabytes of controller */
    usage->group = guest->foreign ? g_strdup(guest->cgroup)
                                  : g_strconcat(guest->cgroup, "/" CGROUP_LIMITS, NULL);
    usage->domain = domain_ref(domain);
    usage->pid = guest->pid;
}

void
usage_clear(Usage *usage)
{
    g_clear_pointer(&usage->group, g_free);
    g_clear_pointer(&usage->domain, domain_unref);
}

bool
usage_has_ended(const Usage *usage)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&usage->domain->lock);

    return domain_id(usage->domain) != usage->pid;
}
