/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Failure codes, their names on the wire, and the functions that set them. */
#include "controller/wire/failure.h"

#include <stdarg.h>

static const char *const code_names[FAILURE_LAST] = {
    [FAILURE_INTERNAL] = "internal",
    [FAILURE_SYSTEM] = "system",
    [FAILURE_XML] = "xml",
    [FAILURE_XML_DETAIL] = "xml-detail",
    [FAILURE_XML_INVALID_SCHEMA] = "xml-invalid-schema",
    [FAILURE_CONFIG_UNSUPPORTED] = "config-unsupported",
    [FAILURE_INVALID_ARG] = "invalid-arg",
    [FAILURE_ARGUMENT_UNSUPPORTED] = "argument-unsupported",
    [FAILURE_NO_NAME] = "no-name",
    [FAILURE_NO_SOURCE] = "no-source",
    [FAILURE_NO_TARGET] = "no-target",
    [FAILURE_NO_DOMAIN] = "no-domain",
    [FAILURE_NO_DEVICE] = "no-device",
    [FAILURE_NO_METADATA] = "no-metadata",
    [FAILURE_NO_HOSTNAME] = "no-hostname",
    [FAILURE_OVERFLOW] = "overflow",
    [FAILURE_OPERATION_FAILED] = "operation-failed",
    [FAILURE_OPERATION_INVALID] = "operation-invalid",
    [FAILURE_OPERATION_UNSUPPORTED] = "operation-unsupported",
    [FAILURE_OPERATION_TIMEOUT] = "operation-timeout",
    [FAILURE_OPERATION_ABORTED] = "operation-aborted",
    [FAILURE_AGENT] = "agent",
    [FAILURE_ACCESS_DENIED] = "access-denied",
    [FAILURE_HOOK] = "hook",
    [FAILURE_START] = "start",
    [FAILURE_CPU_INCOMPATIBLE] = "cpu-incompatible",
};

/* the formatter takes the name for a subtraction */
/* clang-format off */
G_DEFINE_QUARK(caisson-failure-quark, failure)
/* clang-format on */

bool
fail(GError **error, FailureCode code, const char *format, ...)
{
    va_list args;

    if (error) {
        va_start(args, format);
        *error = g_error_new_valist(FAILURE, code, format, args);
        va_end(args);
    }
    return false;
}

bool
fail_errno(GError **error, int errnum, const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list args;

    va_start(args, format);
    message = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, FAILURE, FAILURE_SYSTEM, "%s: %s", message, g_strerror(errnum));
    return false;
}

const char *
failure_code_name(FailureCode code)
{
    return (unsigned)code < FAILURE_LAST ? code_names[code] : code_names[FAILURE_INTERNAL];
}

FailureCode
failure_code_from_name(const char *name)
{
    int code;

    for (code = 0; name && code < FAILURE_LAST; code++) {
        if (g_str_equal(code_names[code], name))
            return code;
    }
    return FAILURE_INTERNAL;
}
