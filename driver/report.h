/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The only place that knows virError: turns a GError into the error the client sees. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Reports @error to libvirt (FAILURE_ACCESS_DENIED: nothing, it was reported) and returns -1.
 * Foreign GErrors become VIR_ERR_INTERNAL_ERROR. @error must be set; it stays the caller's. */
int report(const GError *error);

/* The same, returning NULL of any pointer type. */
void *report_null(const GError *error);

/* The virErrorNumber as which report() reports @error. */
int report_number(const GError *error);

/* VIR_ERR_INVALID_ARG in libvirt's words when @flags has bits outside @allowed; true when all are
 * allowed. */
#define report_check_flags(flags, allowed) report_unknown_flags(__func__, (flags), (allowed))
bool report_unknown_flags(const char *function, unsigned int flags, unsigned int allowed);

/* Writes @error to the daemon's log at error priority, prefixed by @what. */
void report_log(const char *what, const GError *error);
