/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs the administrator's hook scripts with the XML of the guest. */
#include "driver/hooks.h"

#include "controller/wire/failure.h"

static HookPhase
phase_of(HookOperation operation)
{
    return operation == HOOK_STOPPED || operation == HOOK_RELEASE ? HOOK_PHASE_END
                                                                  : HOOK_PHASE_BEGIN;
}

bool
hooks_run(Domain *domain, HookOperation operation, const char *extra, GError **error)
{
    g_autofree char *xml = NULL;

    if (!hook_present())
        return true;
    xml = definition_format(domain->live, 0);
    return hook_call(&(HookCall){ domain->name, operation, phase_of(operation), extra, xml },
                     error);
}
