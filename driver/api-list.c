/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that list domains and look them up. */
#include "controller/wire/failure.h"
#include "driver/abi/object.h"
#include "driver/api.h"
#include "driver/domain-filter.h"
#include "driver/domains.h"
#include "driver/operation.h"
#include "driver/report.h"

typedef struct {
    Domain *domain; /* reference */
    Listed listed;
} Row;

static void
row_clear(gpointer row)
{
    domain_unref(((Row *)row)->domain);
}

/* What matches @flags and may be seen by the caller: GArray of Row. */
static GArray *
rows_new(virConnectPtr conn, AccessFilter filter, unsigned int flags)
{
    g_autoptr(GPtrArray) all = domains_all();
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(Row));
    guint i;

    g_array_set_clear_func(rows, row_clear);
    for (i = 0; i < all->len; i++) {
        Domain *domain = all->pdata[i];
        Row row = { domain, listed_of(domain) };

        if (!listed_matches(&row.listed, flags) ||
            !access_filter_domain(conn, filter, domain->name, domain->uuid))
            continue;
        domain_ref(domain);
        g_array_append_val(rows, row);
    }
    return rows;
}

static int
api_connect_list_domains(virConnectPtr conn, int *ids, int max)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) rows = NULL;
    int count = 0;

    if (!access_check_connect(conn, ACL(virConnectListDomainsEnsureACL), &error))
        return report(error);
    rows = rows_new(conn, FILTER(virConnectListDomainsCheckACL), VIR_CONNECT_LIST_DOMAINS_ACTIVE);
    for (; count < max && count < (int)rows->len; count++)
        ids[count] = g_array_index(rows, Row, count).listed.id;
    return count;
}

static int
api_connect_num_of_domains(virConnectPtr conn)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) rows = NULL;

    if (!access_check_connect(conn, ACL(virConnectNumOfDomainsEnsureACL), &error))
        return report(error);
    rows = rows_new(conn, FILTER(virConnectNumOfDomainsCheckACL), VIR_CONNECT_LIST_DOMAINS_ACTIVE);
    return rows->len;
}

static int
api_connect_list_defined_domains(virConnectPtr conn, char **const names, int max)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) rows = NULL;
    int count = 0;

    if (!access_check_connect(conn, ACL(virConnectListDefinedDomainsEnsureACL), &error))
        return report(error);
    rows = rows_new(conn, FILTER(virConnectListDefinedDomainsCheckACL),
                    VIR_CONNECT_LIST_DOMAINS_INACTIVE | VIR_CONNECT_LIST_DOMAINS_PERSISTENT);
    for (; count < max && count < (int)rows->len; count++)
        names[count] = g_strdup(g_array_index(rows, Row, count).domain->name);
    return count;
}

static int
api_connect_num_of_defined_domains(virConnectPtr conn)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) rows = NULL;

    if (!access_check_connect(conn, ACL(virConnectNumOfDefinedDomainsEnsureACL), &error))
        return report(error);
    rows = rows_new(conn, FILTER(virConnectNumOfDefinedDomainsCheckACL),
                    VIR_CONNECT_LIST_DOMAINS_INACTIVE | VIR_CONNECT_LIST_DOMAINS_PERSISTENT);
    return rows->len;
}

/* Handles of @rows for the client, ended by NULL; NULL when libvirt could not make one. */
static virDomainPtr *
handles_of(virConnectPtr conn, const GArray *rows)
{
    virDomainPtr *handles = g_new0(virDomainPtr, rows->len + 1);
    guint i;

    for (i = 0; i < rows->len; i++) {
        const Row *row = &g_array_index(rows, Row, i);

        handles[i] = object_new_domain(conn, row->domain->name, row->domain->uuid, row->listed.id);
        if (!handles[i])
            break;
    }
    if (i == rows->len)
        return handles;
    while (i > 0)
        virDomainFree(handles[--i]);
    g_free(handles);
    return NULL;
}

static int
api_connect_list_all_domains(virConnectPtr conn, virDomainPtr **domains, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) rows = NULL;

    if (!report_check_flags(flags, domain_filters_all()))
        return -1;
    if (!access_check_connect(conn, ACL(virConnectListAllDomainsEnsureACL), &error))
        return report(error);
    rows = rows_new(conn, FILTER(virConnectListAllDomainsCheckACL), flags);
    if (domains && !(*domains = handles_of(conn, rows)))
        return -1;
    return rows->len;
}

/* The domain as the client may see it. Access is checked after the lookup: libvirt's order. */
static virDomainPtr
found(virConnectPtr conn, Domain *domain, Access access, GError *missing)
{
    g_autoptr(GError) error = NULL;

    if (!domain)
        return report_null(missing);
    if (!access_check_domain(conn, access, domain->name, domain->uuid, &error))
        return report_null(error);
    return domain_handle(conn, domain);
}

static virDomainPtr
api_domain_lookup_by_id(virConnectPtr conn, int id)
{
    g_autoptr(Domain) domain = domains_by_id(id);
    g_autoptr(GError) missing = NULL;

    if (!domain)
        fail(&missing, FAILURE_NO_DOMAIN, "no domain with matching id %d", id);
    return found(conn, domain, ACL(virDomainLookupByIDEnsureACL), missing);
}

static virDomainPtr
api_domain_lookup_by_uuid(virConnectPtr conn, const unsigned char *uuid)
{
    g_autoptr(Domain) domain = domains_by_uuid(uuid);
    g_autoptr(GError) missing = NULL;
    char text[VIR_UUID_STRING_BUFLEN];

    uuid_to_text(uuid, text);
    if (!domain)
        fail(&missing, FAILURE_NO_DOMAIN, "no domain with matching uuid '%s'", text);
    return found(conn, domain, ACL(virDomainLookupByUUIDEnsureACL), missing);
}

static virDomainPtr
api_domain_lookup_by_name(virConnectPtr conn, const char *name)
{
    g_autoptr(Domain) domain = domains_by_name(name);
    g_autoptr(GError) missing = NULL;

    if (!domain)
        fail(&missing, FAILURE_NO_DOMAIN, "no domain with matching name '%s'", name);
    return found(conn, domain, ACL(virDomainLookupByNameEnsureACL), missing);
}

const ApiSlot list_api[] = {
    API(connectListDomains, api_connect_list_domains),
    API(connectNumOfDomains, api_connect_num_of_domains),
    API(connectListAllDomains, api_connect_list_all_domains),
    API(connectListDefinedDomains, api_connect_list_defined_domains),
    API(connectNumOfDefinedDomains, api_connect_num_of_defined_domains),
    API(domainLookupByID, api_domain_lookup_by_id),
    API(domainLookupByUUID, api_domain_lookup_by_uuid),
    API(domainLookupByName, api_domain_lookup_by_name),
    { NULL, NULL },
};
