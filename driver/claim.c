/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Access before parsing, and a claim that survives the removal of what was there before. */
#include "driver/claim.h"

#include <string.h>

#include "controller/wire/failure.h"
#include "driver/domains.h"
#include "driver/host.h"
#include "driver/idmap-auto.h"

static bool
is_uuid(const char *text, const unsigned char expected[VIR_UUID_BUFLEN])
{
    unsigned char uuid[VIR_UUID_BUFLEN] = { 0 };

    uuid_from_text(text, uuid);
    return memcmp(uuid, expected, sizeof(uuid)) == 0;
}

Definition *
claim_parse(virConnectPtr conn, const char *xml, DefinitionParseFlags flags, Access access,
            GError **error)
{
    unsigned char uuid[VIR_UUID_BUFLEN] = { 0 };
    g_autofree char *name = NULL;
    g_autofree char *uuid_text = NULL;
    g_autoptr(Definition) definition = NULL;

    if (!definition_peek(xml, &name, &uuid_text, error))
        return NULL;
    if (uuid_text)
        uuid_from_text(uuid_text, uuid);
    if (!access_check_domain(conn, access, name ? name : "", uuid, error))
        return NULL;
    if (!(definition = definition_parse(xml, host_defaults(), flags, error)))
        return NULL;
    /* what was allowed must be what is done */
    if (g_strcmp0(name, definition->name) != 0) {
        fail(error, FAILURE_XML, "the domain's name is ambiguous: '%s' or '%s'", name ? name : "",
             definition->name);
        return NULL;
    }
    if (uuid_text && !is_uuid(definition->uuid, uuid)) {
        fail(error, FAILURE_XML, "the domain's uuid is ambiguous: '%s' or '%s'", uuid_text,
             definition->uuid);
        return NULL;
    }
    return idmap_auto_assign(definition, error) ? g_steal_pointer(&definition) : NULL;
}

Domain *
claim_begin(Operation *operation, const Definition *definition, const char *what, GError **error)
{
    for (;;) {
        g_autoptr(GError) local = NULL;
        g_autoptr(Domain) domain = domains_claim(definition->name, definition->uuid, error);

        if (!domain)
            return NULL;
        if (domain_take_busy(domain, what, &local)) {
            operation->domain = g_steal_pointer(&domain);
            return operation->domain;
        }
        /* removed while we waited for it: it is no obstacle any more, and the next claim is new */
        if (!g_error_matches(local, FAILURE, FAILURE_NO_DOMAIN)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return NULL;
        }
    }
}
