/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changing definitions of a domain. */
#include "driver/change.h"

#include "cgroup/cgroup.h"
#include "controller/wire/failure.h"
#include "driver/report.h"
#include "driver/store.h"

bool
change_begin(Change *change, Domain *domain, unsigned int flags, GError **error)
{
    Affect affect;

    if (!affect_resolve(domain, flags, &affect, error) ||
        (affect.live && !domain_expect(domain, DOMAIN_OURS, error)))
        return false;
    if (affect.live && !domain->guest->cgroup)
        return fail(error, FAILURE_OPERATION_INVALID,
                    "domain '%s' has no control groups: it is ending", domain->name);
    change->domain = domain;
    if (affect.live) {
        change->live = definition_copy(domain->live);
        change->group = g_strconcat(domain->guest->cgroup, "/" CGROUP_LIMITS, NULL);
    }
    if (affect.config)
        change->config = definition_copy(domain->config);
    return true;
}

/* Exchanges the definition a domain has with the one of the change. */
static void
swap(Domain *domain, Definition **member, Definition **definition)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);
    Definition *before = *member;

    *member = *definition;
    *definition = before;
}

bool
change_commit(Change *change, GError **error)
{
    Domain *domain = change->domain;

    if (change->live) {
        swap(domain, &domain->live, &change->live);
        if (!store_save_status(domain, error)) {
            swap(domain, &domain->live, &change->live);
            return false;
        }
    }
    if (!change->config)
        return true;
    if (store_save_config(change->config, error)) {
        swap(domain, &domain->config, &change->config);
        return true;
    }
    if (change->live) {
        g_autoptr(GError) again = NULL;

        swap(domain, &domain->live, &change->live);
        if (!store_save_status(domain, &again))
            report_log("status file", again);
    }
    return false;
}

void
change_clear(Change *change)
{
    g_clear_pointer(&change->live, definition_free);
    g_clear_pointer(&change->config, definition_free);
    g_clear_pointer(&change->group, g_free);
}
