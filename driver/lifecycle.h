/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting, ending and finding guests again: what lies between an API call and the controller.
 * Callers of start and pause hold busy; nothing here is called with a lock held.
 */
#pragma once

#include "driver/domain.h"

typedef struct {
    bool paused;         /* VIR_DOMAIN_START_PAUSED */
    virConnectPtr owner; /* VIR_DOMAIN_START_AUTODESTROY: the connection, else NULL */
    const int *fds;      /* passed to init as 3, 4, …; stay the caller's */
    unsigned int n_fds;
} StartOptions;

/*
 * Starts @definition (a new live definition; ownership moves here also on failure) in @domain,
 * which is inactive and busy. Runs hooks, writes the status file, emits STARTED (and SUSPENDED)
 * events. On failure everything is undone and the error is that of the failing step. launch.c
 */
bool launch_start(Domain *domain, Definition *definition, const StartOptions *options,
                  GError **error);

/*
 * Ends the guest at once: SIGKILL of all of it, without waiting for busy; returns when the domain
 * is inactive and everything of it is gone, at most 30 s ("Some processes refused to die").
 * ending.c
 */
bool ending_destroy(Domain *domain, GError **error);

/* Destroys the guest and starts it again from its live definition; clients hear of a reboot.
 * FAILURE_OPERATION_FAILED when it does not come back. Neither lock nor busy is held. */
bool ending_reset(Domain *domain, GError **error);

/* Destroys every domain started with AUTODESTROY by @conn. */
void ending_connection_closed(virConnectPtr conn);

/* Loads status files, definitions, autostart links; adopts running guests. At daemon start. */
bool adoption_run(GError **error);

/* Re-reads definitions from disk (SIGHUP): new ones appear with a DEFINED event. */
void adoption_reload(void);
