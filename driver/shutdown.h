/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking init of a running guest to shut down or to reboot. */
#pragma once

#include "driver/init.h"

/* Values of the flags of virDomainShutdownFlags() and virDomainReboot(), which are the same. */
enum {
    SHUTDOWN_BY_INITCTL = VIR_DOMAIN_SHUTDOWN_INITCTL,
    SHUTDOWN_BY_SIGNAL = VIR_DOMAIN_SHUTDOWN_SIGNAL,
};

/*
 * Asks by the ways in @ways (0: the best for this init; both: the FIFO first). Success means that
 * init was told in a way it understands; when the guest ends is seen by events. Busy is held and
 * the domain runs. FAILURE_OPERATION_UNSUPPORTED says why no way is open.
 */
bool shutdown_ask(Domain *domain, InitRequest request, unsigned int ways, GError **error);

/*
 * Asks by signal alone and waits until the guest has ended, at most @seconds:
 * FAILURE_OPERATION_FAILED when it is still there. It ends as a destroyed one. Neither lock nor
 * busy is held.
 */
bool shutdown_wait(Domain *domain, unsigned int seconds, GError **error);
