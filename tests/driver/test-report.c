/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How our failures look to a client. */
#include "driver/report.h"

#include <string.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "controller/wire/failure.h"
#include "driver/abi/symbols.h"

typedef struct {
    FailureCode code;
    virErrorNumber number;
    const char *text; /* of a failure with the message "M" */
} Case;

static const Case cases[] = {
    { FAILURE_INTERNAL, VIR_ERR_INTERNAL_ERROR, "internal error: M" },
    { FAILURE_SYSTEM, VIR_ERR_SYSTEM_ERROR, "M" },
    { FAILURE_XML, VIR_ERR_XML_ERROR, "XML error: M" },
    { FAILURE_XML_DETAIL, VIR_ERR_XML_DETAIL, "M" },
    { FAILURE_XML_INVALID_SCHEMA, VIR_ERR_XML_INVALID_SCHEMA,
      "XML document failed to validate against schema: M" },
    { FAILURE_CONFIG_UNSUPPORTED, VIR_ERR_CONFIG_UNSUPPORTED, "unsupported configuration: M" },
    { FAILURE_INVALID_ARG, VIR_ERR_INVALID_ARG, "invalid argument: M" },
    { FAILURE_ARGUMENT_UNSUPPORTED, VIR_ERR_ARGUMENT_UNSUPPORTED, "argument unsupported: M" },
    { FAILURE_NO_NAME, VIR_ERR_NO_NAME, "missing name information in M" },
    { FAILURE_NO_SOURCE, VIR_ERR_NO_SOURCE, "missing source information for device M" },
    { FAILURE_NO_TARGET, VIR_ERR_NO_TARGET, "missing target information for device M" },
    { FAILURE_NO_DOMAIN, VIR_ERR_NO_DOMAIN, "Domain not found: M" },
    { FAILURE_NO_DEVICE, VIR_ERR_DEVICE_MISSING, "device not found: M" },
    { FAILURE_NO_METADATA, VIR_ERR_NO_DOMAIN_METADATA, "metadata not found: M" },
    { FAILURE_NO_HOSTNAME, VIR_ERR_NO_HOSTNAME, "no hostname found: M" },
    { FAILURE_OVERFLOW, VIR_ERR_OVERFLOW, "numerical overflow: M" },
    { FAILURE_OPERATION_FAILED, VIR_ERR_OPERATION_FAILED, "operation failed: M" },
    { FAILURE_OPERATION_INVALID, VIR_ERR_OPERATION_INVALID, "Requested operation is not valid: M" },
    { FAILURE_OPERATION_UNSUPPORTED, VIR_ERR_OPERATION_UNSUPPORTED, "Operation not supported: M" },
    { FAILURE_OPERATION_TIMEOUT, VIR_ERR_OPERATION_TIMEOUT, "Timed out during operation: M" },
    { FAILURE_OPERATION_ABORTED, VIR_ERR_OPERATION_ABORTED, "operation aborted: M" },
    { FAILURE_AGENT, VIR_ERR_AGENT_UNRESPONSIVE, "Guest agent is not responding: M" },
    { FAILURE_HOOK, VIR_ERR_HOOK_SCRIPT_FAILED, "Hook script execution failed: M" },
    { FAILURE_START, VIR_ERR_INTERNAL_ERROR, "M" },
    { FAILURE_CPU_INCOMPATIBLE, VIR_ERR_CPU_INCOMPATIBLE,
      "the CPU is incompatible with host CPU: M" },
};

static void
assert_last(virErrorNumber number, const char *text)
{
    virErrorPtr last = virGetLastError();

    g_assert_nonnull(last);
    g_assert_cmpint(last->code, ==, (int)number);
    g_assert_cmpstr(last->message, ==, text);
    virResetLastError();
}

static void
test_classes(void)
{
    size_t i;

    /* every code but the silent one has its row */
    g_assert_cmpint(G_N_ELEMENTS(cases), ==, FAILURE_LAST - 1);
    for (i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        fail(&error, cases[i].code, "M");
        g_assert_cmpint(report_number(error), ==, cases[i].number);
        g_assert_cmpint(report(error), ==, -1);
        assert_last(cases[i].number, cases[i].text);
        g_assert_null(report_null(error));
        assert_last(cases[i].number, cases[i].text);
    }
}

static void
test_denied(void)
{
    g_autoptr(GError) error = NULL;

    fail(&error, FAILURE_ACCESS_DENIED, "denied");
    g_assert_cmpint(report(error), ==, -1);
    g_assert_null(virGetLastError());
}

static void
test_foreign(void)
{
    g_autoptr(GError) error = g_error_new_literal(G_FILE_ERROR, G_FILE_ERROR_NOENT, "no 100% file");

    g_assert_cmpint(report(error), ==, -1);
    assert_last(VIR_ERR_INTERNAL_ERROR, "internal error: no 100% file");
}

static void
test_flags(void)
{
    g_assert_true(report_unknown_flags("f", 3, 7));
    g_assert_null(virGetLastError());
    g_assert_false(report_unknown_flags("f", 8 | 1, 7));
    g_assert_cmpint(virGetLastError()->code, ==, VIR_ERR_INVALID_ARG);
    g_assert_nonnull(strstr(virGetLastErrorMessage(), "unsupported flags (0x8) in function f"));
    virResetLastError();
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_true(symbols_load(NULL));
    g_assert_cmpint(virInitialize(), ==, 0);
    virSetErrorFunc(NULL, NULL);
    g_test_add_func("/report/every failure has its libvirt class and words", test_classes);
    g_test_add_func("/report/a denial is not reported twice", test_denied);
    g_test_add_func("/report/an error of another library is an internal one", test_foreign);
    g_test_add_func("/report/unknown flags are refused", test_flags);
    return g_test_run();
}
