/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that define, undefine and describe domains. */
#include <string.h>

#include "controller/wire/failure.h"
#include "driver/abi/log.h"
#include "driver/affect.h"
#include "driver/api.h"
#include "driver/change.h"
#include "driver/claim.h"
#include "driver/domains.h"
#include "driver/events.h"
#include "driver/host.h"
#include "driver/report.h"
#include "driver/store.h"
#include "xml/metadata.h"

/* Kinds of leftovers that machines can have and containers cannot: saying what to do with them is
 * right for every domain. */
#define UNDEFINE_FLAGS                                                           \
    (VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA | \
     VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA | VIR_DOMAIN_UNDEFINE_NVRAM |      \
     VIR_DOMAIN_UNDEFINE_KEEP_NVRAM | UNDEFINE_TPM | UNDEFINE_KEEP_TPM)

/* constants of libvirt 8.9 and later */
#define UNDEFINE_TPM      (1 << 5)
#define UNDEFINE_KEEP_TPM (1 << 6)

/* Replaces the persistent definition; what was there before is freed. Busy is held. */
static void
set_config(Domain *domain, Definition *definition)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    definition_free(domain->config);
    domain->config = definition;
}

static bool
define(Domain *domain, Definition *definition, GError **error)
{
    g_autofree char *unused = definition_without_effect(definition);
    bool known = domain->config != NULL;

    if (!store_save_config(definition, error)) {
        definition_free(definition);
        domains_drop_if_gone(domain);
        return false;
    }
    set_config(domain, definition);
    if (unused)
        log_info("domain '%s': kept without effect in a container: %s", domain->name, unused);
    g_mutex_lock(&domain->lock);
    domain->updated = domain_is_active(domain);
    g_mutex_unlock(&domain->lock);
    event_lifecycle(domain, domain_id(domain), VIR_DOMAIN_EVENT_DEFINED,
                    known ? VIR_DOMAIN_EVENT_DEFINED_UPDATED : VIR_DOMAIN_EVENT_DEFINED_ADDED);
    return true;
}

static virDomainPtr
api_domain_define_xml_flags(virConnectPtr conn, const char *xml, unsigned int flags)
{
    DefinitionParseFlags parse = DEFINITION_INACTIVE;
    g_autoptr(GError) error = NULL;
    g_autoptr(Definition) definition = NULL;
    g_auto(Operation) operation = { NULL };
    Domain *domain;

    if (!report_check_flags(flags, VIR_DOMAIN_DEFINE_VALIDATE))
        return NULL;
    if (flags & VIR_DOMAIN_DEFINE_VALIDATE)
        parse |= DEFINITION_VALIDATE;
    definition = claim_parse(conn, xml, parse, ACL(virDomainDefineXMLFlagsEnsureACL), &error);
    if (!definition || !(domain = claim_begin(&operation, definition, "define", &error)) ||
        !define(domain, g_steal_pointer(&definition), &error))
        return report_null(error);
    return domain_handle(conn, domain);
}

static virDomainPtr
api_domain_define_xml(virConnectPtr conn, const char *xml)
{
    return api_domain_define_xml_flags(conn, xml, 0);
}

static int
api_domain_undefine_flags(virDomainPtr handle, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    Domain *domain;

    if (!report_check_flags(flags, UNDEFINE_FLAGS))
        return -1;
    domain = operation_begin(&operation, handle, "undefine", ACL(virDomainUndefineFlagsEnsureACL),
                             &error);
    if (!domain || !domain_expect(domain, DOMAIN_PERSISTENT, &error) ||
        !store_remove_config(domain->name, &error))
        return report(error);
    set_config(domain, NULL);
    g_mutex_lock(&domain->lock);
    domain->autostart = false;
    domain->updated = false;
    g_mutex_unlock(&domain->lock);
    event_lifecycle(domain, domain_id(domain), VIR_DOMAIN_EVENT_UNDEFINED,
                    VIR_DOMAIN_EVENT_UNDEFINED_REMOVED);
    domains_drop_if_gone(domain);
    return 0;
}

static int
api_domain_undefine(virDomainPtr handle)
{
    return api_domain_undefine_flags(handle, 0);
}

static char *
api_domain_get_xml_desc(virDomainPtr handle, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(Reading) reading = { NULL };
    DefinitionFormatFlags format = 0;
    const Definition *definition;
    Domain *domain;

    if (!report_check_flags(flags, VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_INACTIVE |
                                       VIR_DOMAIN_XML_MIGRATABLE))
        return NULL;
    domain = domain_read(&reading, handle, ACL_FLAGS(virDomainGetXMLDescEnsureACL, flags), &error);
    if (!domain || !(definition = affect_current(domain, &error)))
        return report_null(error);
    if (flags & VIR_DOMAIN_XML_SECURE)
        format |= DEFINITION_FORMAT_SECURE;
    if (flags & VIR_DOMAIN_XML_MIGRATABLE)
        format |= DEFINITION_FORMAT_MIGRATABLE;
    if (flags & VIR_DOMAIN_XML_INACTIVE)
        definition = domain_next(domain);
    if (flags & VIR_DOMAIN_XML_INACTIVE || !domain_is_active(domain))
        format |= DEFINITION_FORMAT_INACTIVE;
    return definition_format(definition, format);
}

static char *
metadata_text(const Definition *definition, int type, const char *uri, GError **error)
{
    const char *text;

    switch (type) {
    case VIR_DOMAIN_METADATA_ELEMENT:
        return metadata_get(definition, uri, error);
    case VIR_DOMAIN_METADATA_DESCRIPTION:
        text = definition->description;
        break;
    case VIR_DOMAIN_METADATA_TITLE:
        text = definition->title;
        break;
    default:
        fail(error, FAILURE_INVALID_ARG, "unknown metadata type %d", type);
        return NULL;
    }
    if (!text)
        fail(error, FAILURE_NO_METADATA, "domain '%s' has no %s", definition->name,
             type == VIR_DOMAIN_METADATA_TITLE ? "title" : "description");
    return g_strdup(text);
}

static char *
api_domain_get_metadata(virDomainPtr handle, int type, const char *uri, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(Reading) reading = { NULL };
    const Definition *definition;
    Domain *domain;
    char *text;

    if (!report_check_flags(flags, AFFECT_FLAGS))
        return NULL;
    if (!(domain = domain_read(&reading, handle, ACL(virDomainGetMetadataEnsureACL), &error)) ||
        !(definition = affect_read(domain, flags, &error)) ||
        !(text = metadata_text(definition, type, uri, &error)))
        return report_null(error);
    return text;
}

typedef struct {
    int type;
    const char *text;
    const char *key;
    const char *uri;
} MetadataChange;

static bool
apply(Definition *definition, const MetadataChange *change, GError **error)
{
    switch (change->type) {
    case VIR_DOMAIN_METADATA_ELEMENT:
        return metadata_set(definition, change->uri, change->key, change->text, error);
    case VIR_DOMAIN_METADATA_DESCRIPTION:
        metadata_set_description(definition, change->text);
        return true;
    case VIR_DOMAIN_METADATA_TITLE:
        return metadata_set_title(definition, change->text, error);
    default:
        return fail(error, FAILURE_INVALID_ARG, "unknown metadata type %d", change->type);
    }
}

static int
api_domain_set_metadata(virDomainPtr handle, int type, const char *metadata, const char *key,
                        const char *uri, unsigned int flags)
{
    MetadataChange metadatum = { type, metadata, key, uri };
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    g_auto(Change) change = { NULL };
    Domain *domain;

    if (!report_check_flags(flags, AFFECT_FLAGS))
        return -1;
    domain = operation_begin(&operation, handle, "set metadata",
                             ACL_FLAGS(virDomainSetMetadataEnsureACL, flags), &error);
    if (!domain || !change_begin(&change, domain, flags, &error) ||
        (change.live && !apply(change.live, &metadatum, &error)) ||
        (change.config && !apply(change.config, &metadatum, &error)) ||
        !change_commit(&change, &error))
        return report(error);
    event_metadata_change(domain, type, type == VIR_DOMAIN_METADATA_ELEMENT ? uri : NULL);
    return 0;
}

static int
api_domain_get_autostart(virDomainPtr handle, int *autostart)
{
    g_autoptr(GError) error = NULL;
    g_auto(Reading) reading = { NULL };
    Domain *domain;

    if (!(domain = domain_read(&reading, handle, ACL(virDomainGetAutostartEnsureACL), &error)))
        return report(error);
    *autostart = domain->autostart;
    return 0;
}

static int
api_domain_set_autostart(virDomainPtr handle, int autostart)
{
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    Domain *domain;

    domain = operation_begin(&operation, handle, "set autostart",
                             ACL(virDomainSetAutostartEnsureACL), &error);
    if (!domain || !domain_expect(domain, DOMAIN_PERSISTENT, &error) ||
        !store_set_autostart(domain->name, autostart, &error))
        return report(error);
    g_mutex_lock(&domain->lock);
    domain->autostart = autostart;
    g_mutex_unlock(&domain->lock);
    return 0;
}

static int
api_domain_is_persistent(virDomainPtr handle)
{
    g_autoptr(GError) error = NULL;
    g_auto(Reading) reading = { NULL };
    Domain *domain;

    if (!(domain = domain_read(&reading, handle, ACL(virDomainIsPersistentEnsureACL), &error)))
        return report(error);
    return domain->config != NULL;
}

static int
api_domain_is_updated(virDomainPtr handle)
{
    g_autoptr(GError) error = NULL;
    g_auto(Reading) reading = { NULL };
    Domain *domain;

    if (!(domain = domain_read(&reading, handle, ACL(virDomainIsUpdatedEnsureACL), &error)))
        return report(error);
    return domain->updated;
}

static int
api_domain_get_autostart_once(virDomainPtr handle, int *autostart)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain =
        domain_reach(handle, ACL(virDomainGetAutostartOnceEnsureACL), &error);

    if (!domain)
        return report(error);
    *autostart = store_get_autostart_once(domain->name);
    return 0;
}

static int
api_domain_set_autostart_once(virDomainPtr handle, int autostart)
{
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    Domain *domain = operation_begin(&operation, handle, "set autostart",
                                     ACL(virDomainSetAutostartOnceEnsureACL), &error);

    if (!domain || !domain_expect(domain, DOMAIN_PERSISTENT, &error) ||
        !store_set_autostart_once(domain->name, autostart, &error))
        return report(error);
    return 0;
}

const ApiSlot definition_api[] = {
    API(domainDefineXML, api_domain_define_xml),
    API(domainDefineXMLFlags, api_domain_define_xml_flags),
    API(domainUndefine, api_domain_undefine),
    API(domainUndefineFlags, api_domain_undefine_flags),
    API(domainGetXMLDesc, api_domain_get_xml_desc),
    API(domainGetMetadata, api_domain_get_metadata),
    API(domainSetMetadata, api_domain_set_metadata),
    API(domainGetAutostart, api_domain_get_autostart),
    API(domainSetAutostart, api_domain_set_autostart),
    API(domainGetAutostartOnce, api_domain_get_autostart_once),
    API(domainSetAutostartOnce, api_domain_set_autostart_once),
    API(domainIsPersistent, api_domain_is_persistent),
    API(domainIsUpdated, api_domain_is_updated),
    { NULL, NULL },
};
