/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which definitions a call means with VIR_DOMAIN_AFFECT_LIVE and VIR_DOMAIN_AFFECT_CONFIG. */
#pragma once

#include "driver/domain.h"

typedef struct {
    bool live;
    bool config;
} Affect;

#define AFFECT_FLAGS ((unsigned int)(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG))

/*
 * Neither flag: live when the domain is active, else config. FAILURE_OPERATION_INVALID when live is
 * meant and it is not running, or config and it is transient. With the lock or busy held.
 */
bool affect_resolve(const Domain *domain, unsigned int flags, Affect *ret_affect, GError **error);

/* The same for what only reads: live wins over config; the result is borrowed from @domain. */
const Definition *affect_read(const Domain *domain, unsigned int flags, GError **error);

/* What describes the domain now: live or config. FAILURE_NO_DOMAIN when it is just being removed.
 */
const Definition *affect_current(const Domain *domain, GError **error);
