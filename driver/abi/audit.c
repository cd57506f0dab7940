/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records for the kernel's audit trail. */
#include "driver/abi/audit.h"

#include "driver/abi/log.h"
#include "driver/abi/symbols.h"

void
audit_send(AuditKind kind, bool success, const char *text)
{
    LogPlace place = LOG_PLACE;

    if (private.virAuditSend)
    private.virAuditSend(log_source(), place.file, place.line, place.function, NULL, NULL,
                         (int)kind, success, "%s", text);
}

/* What auditd and its tools take for one word; see audit_encode_nv_string(3). */
static bool
is_plain(const char *value)
{
    for (; *value; value++) {
        if (*value == '"' || *value <= ' ' || *value >= 0x7f)
            return false;
    }
    return true;
}

char *
audit_pair(const char *key, const char *value)
{
    GString *text = g_string_new(key);

    if (is_plain(value)) {
        g_string_append_printf(text, "=\"%s\"", value);
        return g_string_free(text, FALSE);
    }
    g_string_append_c(text, '=');
    for (; *value; value++)
        g_string_append_printf(text, "%02X", (unsigned char)*value);
    return g_string_free(text, FALSE);
}
