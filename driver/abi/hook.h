/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The administrator's scripts /etc/libvirt/hooks/lxc and lxc.d/. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
    HOOK_START,
    HOOK_STOPPED,
    HOOK_PREPARE,
    HOOK_RELEASE,
    HOOK_STARTED,
    HOOK_RECONNECT,
} HookOperation;

typedef enum {
    HOOK_PHASE_NONE, /* the script sees "-" */
    HOOK_PHASE_BEGIN,
    HOOK_PHASE_END,
} HookPhase;

/* Whether there is a script at all; asked first so that the XML is not formatted for nothing. */
bool hook_present(void);

typedef struct {
    const char *name; /* of the domain */
    HookOperation operation;
    HookPhase phase;
    const char *extra; /* the scripts' last argument; NULL: "-" */
    const char *xml;   /* on their stdin */
} HookCall;

/*
 * Runs the scripts and waits for them; no domain lock may be held, as they may call virsh. True if
 * there is none. A script that fails is FAILURE_HOOK.
 */
bool hook_call(const HookCall *call, GError **error);
