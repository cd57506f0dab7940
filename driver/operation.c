/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a client's handle to a domain: lookup, access check, then busy or the lock. */
#include "driver/operation.h"

#include "controller/wire/failure.h"
#include "driver/abi/object.h"
#include "driver/domains.h"

Domain *
domain_reach(virDomainPtr handle, Access access, GError **error)
{
    unsigned char uuid[VIR_UUID_BUFLEN];
    char text[VIR_UUID_STRING_BUFLEN];
    g_autoptr(Domain) domain = NULL;

    if (virDomainGetUUID(handle, uuid) < 0) {
        fail(error, FAILURE_INTERNAL, "the domain handle has no uuid");
        return NULL;
    }
    if (!(domain = domains_by_uuid(uuid))) {
        uuid_to_text(uuid, text);
        fail(error, FAILURE_NO_DOMAIN, "no domain with matching uuid '%s' (%s)", text,
             virDomainGetName(handle));
        return NULL;
    }
    if (!access_check_domain(virDomainGetConnect(handle), access, domain->name, domain->uuid,
                             error))
        return NULL;
    return g_steal_pointer(&domain);
}

Domain *
operation_begin(Operation *operation, virDomainPtr handle, const char *what, Access access,
                GError **error)
{
    g_autoptr(Domain) domain = domain_reach(handle, access, error);

    if (!domain || !domain_take_busy(domain, what, error))
        return NULL;
    operation->domain = g_steal_pointer(&domain);
    return operation->domain;
}

void
operation_end(Operation *operation)
{
    if (!operation->domain)
        return;
    domain_give_busy(operation->domain);
    g_clear_pointer(&operation->domain, domain_unref);
}

Domain *
domain_read(Reading *reading, virDomainPtr handle, Access access, GError **error)
{
    if (!(reading->domain = domain_reach(handle, access, error)))
        return NULL;
    g_mutex_lock(&reading->domain->lock);
    return reading->domain;
}

void
reading_end(Reading *reading)
{
    if (!reading->domain)
        return;
    g_mutex_unlock(&reading->domain->lock);
    g_clear_pointer(&reading->domain, domain_unref);
}

virDomainPtr
domain_handle(virConnectPtr conn, Domain *domain)
{
    int id;

    g_mutex_lock(&domain->lock);
    id = domain_id(domain);
    g_mutex_unlock(&domain->lock);
    return object_new_domain(conn, domain->name, domain->uuid, id);
}
