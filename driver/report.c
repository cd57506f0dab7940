/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Maps our failures to libvirt's error numbers and reports them. */
#include "driver/report.h"

#include "controller/wire/failure.h"
#include "driver/abi/error.h"
#include "driver/abi/log.h"

typedef struct {
    virErrorNumber number;
    bool verbatim; /* without libvirt's words before the message */
} Class;

static const Class classes[FAILURE_LAST] = {
    [FAILURE_INTERNAL] = { VIR_ERR_INTERNAL_ERROR, false },
    [FAILURE_SYSTEM] = { VIR_ERR_SYSTEM_ERROR, true },
    [FAILURE_XML] = { VIR_ERR_XML_ERROR, false },
    [FAILURE_XML_DETAIL] = { VIR_ERR_XML_DETAIL, false },
    [FAILURE_XML_INVALID_SCHEMA] = { VIR_ERR_XML_INVALID_SCHEMA, false },
    [FAILURE_CONFIG_UNSUPPORTED] = { VIR_ERR_CONFIG_UNSUPPORTED, false },
    [FAILURE_INVALID_ARG] = { VIR_ERR_INVALID_ARG, false },
    [FAILURE_ARGUMENT_UNSUPPORTED] = { VIR_ERR_ARGUMENT_UNSUPPORTED, false },
    [FAILURE_NO_NAME] = { VIR_ERR_NO_NAME, false },
    [FAILURE_NO_SOURCE] = { VIR_ERR_NO_SOURCE, false },
    [FAILURE_NO_TARGET] = { VIR_ERR_NO_TARGET, false },
    [FAILURE_NO_DOMAIN] = { VIR_ERR_NO_DOMAIN, false },
    [FAILURE_NO_DEVICE] = { VIR_ERR_DEVICE_MISSING, false },
    [FAILURE_NO_METADATA] = { VIR_ERR_NO_DOMAIN_METADATA, false },
    [FAILURE_NO_HOSTNAME] = { VIR_ERR_NO_HOSTNAME, false },
    [FAILURE_OVERFLOW] = { VIR_ERR_OVERFLOW, false },
    [FAILURE_OPERATION_FAILED] = { VIR_ERR_OPERATION_FAILED, false },
    [FAILURE_OPERATION_INVALID] = { VIR_ERR_OPERATION_INVALID, false },
    [FAILURE_OPERATION_UNSUPPORTED] = { VIR_ERR_OPERATION_UNSUPPORTED, false },
    [FAILURE_OPERATION_TIMEOUT] = { VIR_ERR_OPERATION_TIMEOUT, false },
    [FAILURE_OPERATION_ABORTED] = { VIR_ERR_OPERATION_ABORTED, false },
    [FAILURE_AGENT] = { VIR_ERR_AGENT_UNRESPONSIVE, false },
    [FAILURE_ACCESS_DENIED] = { VIR_ERR_ACCESS_DENIED, false },
    [FAILURE_HOOK] = { VIR_ERR_HOOK_SCRIPT_FAILED, false },
    [FAILURE_START] = { VIR_ERR_INTERNAL_ERROR, true },
    [FAILURE_CPU_INCOMPATIBLE] = { VIR_ERR_CPU_INCOMPATIBLE, false },
};

static const Class *
class_of(const GError *error)
{
    if (error->domain != FAILURE || error->code < 0 || error->code >= FAILURE_LAST)
        return &classes[FAILURE_INTERNAL];
    return &classes[error->code];
}

int
report_number(const GError *error)
{
    return class_of(error)->number;
}

int
report(const GError *error)
{
    const Class *class = class_of(error);

    if (g_error_matches(error, FAILURE, FAILURE_ACCESS_DENIED))
        return -1;
    if (class->verbatim)
        abi_report_verbatim(class->number, error->message);
    else
        abi_report_error(class->number, error->message);
    return -1;
}

void *
report_null(const GError *error)
{
    report(error);
    return NULL;
}

bool
report_unknown_flags(const char *function, unsigned int flags, unsigned int allowed)
{
    if (!(flags & ~allowed))
        return true;
    abi_report_invalid_flags(function, flags & ~allowed);
    return false;
}

void
report_log(const char *what, const GError *error)
{
    log_error("%s: %s", what, error->message);
}
