/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which label the init of a guest has. */
#include <string.h>

#include "controller/wire/failure.h"
#include "driver/api.h"
#include "driver/operation.h"
#include "driver/report.h"
#include "driver/security-model.h"

/* An empty label where there is no security module, and before init runs. */
static void
label_read(const Domain *domain, virSecurityLabelPtr label)
{
    g_autofree char *text = NULL;
    bool enforcing;

    memset(label, 0, sizeof(*label));
    if (!domain->guest || domain->guest->init_pid <= 0)
        return;
    text = security_label_of(domain->guest->init_pid, &enforcing);
    g_strlcpy(label->label, text, sizeof(label->label));
    label->enforcing = enforcing;
}

static int
api_domain_get_security_label(virDomainPtr handle, virSecurityLabelPtr label)
{
    g_autoptr(GError) error = NULL;
    g_auto(Reading) reading = { NULL };
    Domain *domain;

    memset(label, 0, sizeof(*label));
    if (!(domain =
              domain_read(&reading, handle, ACL(virDomainGetSecurityLabelEnsureACL), &error)) ||
        !domain_expect(domain, DOMAIN_ACTIVE, &error))
        return report(error);
    label_read(domain, label);
    return 0;
}

/*
 * One for each module; here there is one, or the absence of any. A domain that does not run has
 * none, as with machines: libvirt's daemon passes this call's errors on without their cause, so
 * there should be none that a client can meet by itself.
 */
static int
api_domain_get_security_label_list(virDomainPtr handle, virSecurityLabelPtr *labels)
{
    g_autoptr(GError) error = NULL;
    g_auto(Reading) reading = { NULL };
    Domain *domain;

    *labels = NULL;
    if (!(domain =
              domain_read(&reading, handle, ACL(virDomainGetSecurityLabelListEnsureACL), &error)))
        return report(error);
    if (!domain_is_active(domain))
        return 0;
    /* the caller frees it by free() */
    *labels = g_malloc(sizeof(**labels));
    label_read(domain, *labels);
    return 1;
}

const ApiSlot security_api[] = {
    API(domainGetSecurityLabel, api_domain_get_security_label),
    API(domainGetSecurityLabelList, api_domain_get_security_label_list),
    { NULL, NULL },
};
