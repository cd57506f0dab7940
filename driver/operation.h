/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two guards through which entry points reach a domain; both look it up by the handle's uuid
 * and check access first, so no entry point can forget it.
 *
 *   g_auto(Operation) operation = { NULL };
 *   Domain *domain = operation_begin(&operation, handle, "suspend", ACL(virDomainSuspendEnsureACL),
 * &error);
 */
#pragma once

#include "driver/abi/access.h"
#include "driver/domain.h"

typedef struct {
    Domain *domain; /* busy is held, the lock is not */
} Operation;

typedef struct {
    Domain *domain; /* the lock is held */
} Reading;

/* For what changes a domain: returns with busy taken. FAILURE_NO_DOMAIN, FAILURE_ACCESS_DENIED,
 * FAILURE_OPERATION_TIMEOUT. The domain is borrowed until operation_end(). */
Domain *operation_begin(Operation *operation, virDomainPtr handle, const char *what, Access access,
                        GError **error);
void operation_end(Operation *operation);

/* For what only reads: returns with the lock held until reading_end(). Must not sleep in between.
 */
Domain *domain_read(Reading *reading, virDomainPtr handle, Access access, GError **error);
void reading_end(Reading *reading);

/* Neither lock nor busy: for destroy and for calls that wait. New reference, access checked. */
Domain *domain_reach(virDomainPtr handle, Access access, GError **error);

/* A handle for the client: virGetDomain with name, uuid and id of @domain. Takes the lock itself.
 */
virDomainPtr domain_handle(virConnectPtr conn, Domain *domain);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Operation, operation_end)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_end)
