/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rule of live and config. */
#include "driver/affect.h"

#include "controller/wire/failure.h"

bool
affect_resolve(const Domain *domain, unsigned int flags, Affect *ret_affect, GError **error)
{
    bool active = domain_is_active(domain);
    Affect affect = {
        .live = flags & VIR_DOMAIN_AFFECT_LIVE,
        .config = flags & VIR_DOMAIN_AFFECT_CONFIG,
    };

    if (!affect.live && !affect.config) {
        affect.live = active;
        affect.config = !active;
    }
    if (affect.live && !active)
        return fail(error, FAILURE_OPERATION_INVALID, "domain is not running: '%s'", domain->name);
    if (affect.config && !domain->config)
        return fail(error, FAILURE_OPERATION_INVALID,
                    "domain '%s' is transient: it has no persistent configuration", domain->name);
    *ret_affect = affect;
    return true;
}

const Definition *
affect_read(const Domain *domain, unsigned int flags, GError **error)
{
    Affect affect = { 0 };

    if (!affect_resolve(domain, flags, &affect, error))
        return NULL;
    return affect.live ? domain->live : domain->config;
}

const Definition *
affect_current(const Domain *domain, GError **error)
{
    const Definition *definition = domain_current(domain);

    if (!definition)
        fail(error, FAILURE_NO_DOMAIN, "no domain with matching uuid '%s' (%s)", domain->uuid_text,
             domain->name);
    return definition;
}
