/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Native formats from a stranger. */
#include "tests/fuzz/native.h"

#include <glib.h>
#include <string.h>

#include "xml/native.h"

static const DefinitionDefaults defaults = {
    .arch = "x86_64",
    .emulator = "/usr/lib/libvirt/libvirt_lxc",
};

static void
check_report(const NativeReport *report)
{
    g_autofree char *text = native_report_text(report);

    if (text && (!g_utf8_validate(text, -1, NULL) || strpbrk(text, "\r\n")))
        g_error("the report is not one line of text: %s", text);
    if (text && strlen(text) > 16384)
        g_error("the report has no bounds");
}

static void
check_domain(const Definition *definition)
{
    g_autofree char *xml = definition_format(definition, DEFINITION_FORMAT_INACTIVE);
    g_autoptr(GError) error = NULL;
    g_autoptr(Definition) again = definition_parse(
        xml, &(DefinitionDefaults){ .emulator = defaults.emulator }, DEFINITION_INACTIVE, &error);
    g_autofree char *second = NULL;

    if (!again)
        g_error("what was converted cannot be defined: %s\n%s", error->message, xml);
    second = definition_format(again, DEFINITION_FORMAT_INACTIVE);
    if (strcmp(xml, second) != 0)
        g_error("defined, it differs:\n%s\n%s", xml, second);
}

/* What is written may hold what the reader refuses (an interface without a link) but never ends
 * both ways in nothing. */
static void
check_written(const char *format, const Definition *definition)
{
    g_autoptr(NativeReport) report = native_report_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) refusal = NULL;
    g_autofree char *text = native_to(format, definition, "x86_64", report, &error);
    g_autoptr(Definition) back = NULL;

    if ((text == NULL) != (error != NULL))
        g_error("neither text nor an error");
    check_report(report);
    if (!text)
        return;
    back = native_from(format, text, &defaults, report, &refusal);
    if ((back == NULL) != (refusal != NULL))
        g_error("neither a domain nor an error");
    if (back)
        check_domain(back);
}

void
fuzz_native(const char *format, const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(NativeReport) report = native_report_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(Definition) definition = native_from(format, text, &defaults, report, &error);

    if ((definition == NULL) != (error != NULL))
        g_error("neither a domain nor an error");
    check_report(report);
    if (!definition)
        return;
    check_domain(definition);
    check_written("lxc-tools", definition);
    check_written("oci", definition);
}
