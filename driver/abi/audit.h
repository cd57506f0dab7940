/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records for the kernel's audit trail, through libvirt, which obeys audit_level and audit_logging
 * of libvirtd.conf. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
    AUDIT_CONTROL = 0,    /* VIRT_CONTROL: a guest starts, stops, has an init */
    AUDIT_MACHINE_ID = 1, /* VIRT_MACHINE_ID: how a guest is labelled */
    AUDIT_RESOURCE = 2,   /* VIRT_RESOURCE: what a guest gets or loses */
} AuditKind;

/* @text: "virt=lxc op=start …". Does nothing where libvirt was built without audit. */
void audit_send(AuditKind kind, bool success, const char *text);

/* key="value", or key=76616C7565 when the value has characters that could be mistaken. Free with
 * g_free(). */
char *audit_pair(const char *key, const char *value);
