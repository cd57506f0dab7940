/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports errors as libvirt's own drivers do, and reads back what libvirt reported. */
#include "driver/abi/error.h"

#include "driver/abi/symbols.h"

/* shown in the daemon's log only; the place in our source is in the message's own words */
#define PLACE __FILE__, __func__, __LINE__

void
abi_report_error(virErrorNumber number, const char *message)
{
    if (private.virReportErrorHelper)
    private.virReportErrorHelper(VIR_FROM_LXC, (int)number, PLACE, "%s", message);
}

void
abi_report_verbatim(virErrorNumber number, const char *message)
{
    if (private.virRaiseErrorFull)
    private.virRaiseErrorFull(PLACE, VIR_FROM_LXC, (int)number, VIR_ERR_ERROR, message, NULL, NULL,
                              -1, -1, "%s", message);
}

void
abi_report_invalid_flags(const char *function, unsigned int unsupported)
{
    g_autofree char *message =
        g_strdup_printf("unsupported flags (0x%x) in function %s", unsupported, function);

    abi_report_error(VIR_ERR_INVALID_ARG, message);
}

/*
 * libvirt puts its words for the number before the details, and so will the report of @error; the
 * bare details are in str2 when it was reported in the usual way.
 */
static const char *
last_details(void)
{
    virErrorPtr last = virGetLastError();

    if (!last || last->code == VIR_ERR_OK)
        return "an unknown error";
    if (last->str2 && last->message && g_str_has_suffix(last->message, last->str2))
        return last->str2;
    return last->message ? last->message : "an unknown error";
}

bool
abi_fail(GError **error, FailureCode code, const char *what)
{
    const char *details = last_details();

    fail(error, code, "%s%s%s", what ? what : "", what ? ": " : "", details);
    virResetLastError();
    return false;
}

virErrorPtr
abi_error_save(void)
{
    virErrorPtr saved = NULL;

    if (private.virErrorPreserveLast)
    private.virErrorPreserveLast(&saved);
    return saved;
}

void
abi_error_restore(virErrorPtr saved)
{
    if (private.virErrorRestore)
    private.virErrorRestore(&saved);
}
