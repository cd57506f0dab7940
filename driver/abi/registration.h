/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes our driver known to the daemon: what lxcRegister() has to do. */
#pragma once

#include "driver/abi/slots.h"

/* Tells the daemon that guests run (true) or that none is left (false); safe from any thread. */
typedef void (*InhibitCallback)(bool inhibit, void *opaque);

typedef enum {
    INITIALIZE_ERROR = -1,  /* the whole daemon ends itself: only if nothing else is left */
    INITIALIZE_SKIPPED = 0, /* nothing to do here, such as a session daemon; fatal in a split one */
    INITIALIZE_COMPLETE = 1,
} InitializeResult;

/*
 * The state driver. Every callback may be NULL. @initialize runs in a thread of the daemon with the
 * system identity, and no client is let in before it returns; @root is NULL but for embedded use;
 * @inhibit (maybe NULL) is to be called with @opaque, on the changes between no guest and some.
 * Ones that return int: 0, or -1 with an error reported.
 */
typedef struct {
    InitializeResult (*initialize)(bool privileged, const char *root, bool monolithic,
                                   InhibitCallback inhibit, void *opaque);
    int (*cleanup)(void);          /* the daemon ends */
    int (*reload)(void);           /* SIGHUP */
    int (*stop)(void);             /* a session or the host ends */
    int (*shutdown_prepare)(void); /* SIGTERM, in the main loop: must not block */
} StateCallbacks;

/*
 * Builds the slot table, registers driver "LXC" for the URI scheme "lxc" and then the state driver.
 * @callbacks and @tables (a NULL-terminated list) are borrowed for ever. symbols_load() is called.
 * Once true or half done it cannot be undone, as libvirt has no way to unregister.
 */
bool registration_run(const StateCallbacks *callbacks, const ApiSlot *const *tables,
                      GError **error);
