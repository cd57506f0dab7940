/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that convert configurations of other container managers. */
#include "driver/abi/access.h"
#include "driver/abi/log.h"
#include "driver/api.h"
#include "driver/host.h"
#include "driver/report.h"
#include "xml/native.h"

/* The client gets the document only: the API has no place for what was lost on the way. */
static void
log_report(const char *what, const char *format, const NativeReport *report)
{
    g_autofree char *text = native_report_text(report);

    if (text)
        log_warning("%s %s: %s", what, format, text);
}

static char *
api_connect_domain_xml_from_native(virConnectPtr conn, const char *format, const char *config,
                                   unsigned int flags)
{
    g_autoptr(NativeReport) losses = native_report_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(Definition) definition = NULL;

    if (!report_check_flags(flags, 0))
        return NULL;
    if (!access_check_connect(conn, ACL(virConnectDomainXMLFromNativeEnsureACL), &error))
        return report_null(error);
    definition = native_from(format, config, host_defaults(), losses, &error);
    if (!definition)
        return report_null(error);
    log_report("domxml-from-native", format, losses);
    return definition_format(definition, DEFINITION_FORMAT_INACTIVE | DEFINITION_FORMAT_SECURE);
}

static char *
api_connect_domain_xml_to_native(virConnectPtr conn, const char *format, const char *xml,
                                 unsigned int flags)
{
    g_autoptr(NativeReport) losses = native_report_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(Definition) definition = NULL;
    char *text;

    if (!report_check_flags(flags, 0))
        return NULL;
    if (!access_check_connect(conn, ACL(virConnectDomainXMLToNativeEnsureACL), &error))
        return report_null(error);
    definition = definition_parse(xml, host_defaults(), DEFINITION_INACTIVE, &error);
    if (!definition || !(text = native_to(format, definition, host_arch(), losses, &error)))
        return report_null(error);
    log_report("domxml-to-native", format, losses);
    return text;
}

const ApiSlot native_api[] = {
    API(connectDomainXMLFromNative, api_connect_domain_xml_from_native),
    API(connectDomainXMLToNative, api_connect_domain_xml_to_native),
    { NULL, NULL },
};
