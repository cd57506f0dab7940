/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one error domain of Caisson: how libvirt classifies a failure, and a message for people. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define FAILURE (failure_quark())

/*
 * The class of a failure. driver/report.c maps each to a virErrorNumber; libvirt then puts its own
 * words ("unsupported configuration: ", "Requested operation is not valid: ") before the message.
 * FAILURE_SYSTEM and FAILURE_START have no such words: the message is printed as it stands.
 * Codes cross the controller's socket by name (failure_code_name), never by number.
 */
typedef enum {
    FAILURE_INTERNAL,              /* VIR_ERR_INTERNAL_ERROR */
    FAILURE_SYSTEM,                /* VIR_ERR_SYSTEM_ERROR: an errno, message "what: strerror" */
    FAILURE_XML,                   /* VIR_ERR_XML_ERROR */
    FAILURE_XML_DETAIL,            /* VIR_ERR_XML_DETAIL */
    FAILURE_XML_INVALID_SCHEMA,    /* VIR_ERR_XML_INVALID_SCHEMA: refused with --validate only */
    FAILURE_CONFIG_UNSUPPORTED,    /* VIR_ERR_CONFIG_UNSUPPORTED */
    FAILURE_INVALID_ARG,           /* VIR_ERR_INVALID_ARG */
    FAILURE_ARGUMENT_UNSUPPORTED,  /* VIR_ERR_ARGUMENT_UNSUPPORTED */
    FAILURE_NO_NAME,               /* VIR_ERR_NO_NAME */
    FAILURE_NO_SOURCE,             /* VIR_ERR_NO_SOURCE */
    FAILURE_NO_TARGET,             /* VIR_ERR_NO_TARGET */
    FAILURE_NO_DOMAIN,             /* VIR_ERR_NO_DOMAIN */
    FAILURE_NO_DEVICE,             /* VIR_ERR_DEVICE_MISSING */
    FAILURE_NO_METADATA,           /* VIR_ERR_NO_DOMAIN_METADATA */
    FAILURE_NO_HOSTNAME,           /* VIR_ERR_NO_HOSTNAME */
    FAILURE_OVERFLOW,              /* VIR_ERR_OVERFLOW */
    FAILURE_OPERATION_FAILED,      /* VIR_ERR_OPERATION_FAILED */
    FAILURE_OPERATION_INVALID,     /* VIR_ERR_OPERATION_INVALID */
    FAILURE_OPERATION_UNSUPPORTED, /* VIR_ERR_OPERATION_UNSUPPORTED */
    FAILURE_OPERATION_TIMEOUT,     /* VIR_ERR_OPERATION_TIMEOUT */
    FAILURE_OPERATION_ABORTED,     /* VIR_ERR_OPERATION_ABORTED */
    FAILURE_AGENT,                 /* VIR_ERR_AGENT_UNRESPONSIVE */
    FAILURE_ACCESS_DENIED,         /* libvirt has reported it already: report nothing */
    FAILURE_HOOK,                  /* VIR_ERR_HOOK_SCRIPT_FAILED */
    FAILURE_START,                 /* VIR_ERR_INTERNAL_ERROR without a prefix of ours */
    FAILURE_CPU_INCOMPATIBLE,      /* VIR_ERR_CPU_INCOMPATIBLE */
    FAILURE_LAST
} FailureCode;

/* the quark of the domain; use through FAILURE */
GQuark failure_quark(void);

/* Sets @error and returns false, so that `return fail(error, …)` reads well. */
bool fail(GError **error, FailureCode code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* As fail() with FAILURE_SYSTEM; ": strerror(@errnum)" is appended to the message. */
bool fail_errno(GError **error, int errnum, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* "config-unsupported" for FAILURE_CONFIG_UNSUPPORTED, and so on; the name used on the wire. */
const char *failure_code_name(FailureCode code);

/* The inverse; FAILURE_INTERNAL for a name this version does not know. */
FailureCode failure_code_from_name(const char *name);
