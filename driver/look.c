/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking at definitions and guests. */
#include "driver/look.h"

#include "controller/wire/failure.h"

const Definition *
look_begin(Look *look, virDomainPtr handle, unsigned int flags, Access access, GError **error)
{
    Domain *domain = domain_read(&look->reading, handle, access, error);
    const Definition *definition = NULL;

    if (domain && (definition = affect_read(domain, flags & AFFECT_FLAGS, error)) &&
        definition == domain->live)
        usage_begin(&look->usage, domain);
    return definition;
}

void
look_unlock(Look *look)
{
    reading_end(&look->reading);
}

bool
look_expect(const Look *look, bool good, GError **error)
{
    if (good || !usage_has_ended(&look->usage))
        return good;
    g_clear_error(error);
    return fail(error, FAILURE_OPERATION_INVALID, "domain is not running: '%s'",
                look->usage.domain->name);
}

void
look_end(Look *look)
{
    reading_end(&look->reading);
    usage_clear(&look->usage);
}
