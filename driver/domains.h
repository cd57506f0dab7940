/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The set of all domains of the daemon: by name, by uuid, by id. Thread-safe. */
#pragma once

#include "driver/domain.h"

/* All lookups give a new reference; NULL when there is none. */
Domain *domains_by_name(const char *name);
Domain *domains_by_uuid(const unsigned char uuid[VIR_UUID_BUFLEN]);
Domain *domains_by_id(int id);

/* A snapshot: GPtrArray of Domain * with references, in no particular order. */
GPtrArray *domains_all(void);

/*
 * Finds or adds the domain a document speaks of. Same name and uuid: the existing one; only one of
 * them the same: FAILURE_OPERATION_FAILED naming both. New reference.
 */
Domain *domains_claim(const char *name, const char *uuid_text, GError **error);

/*
 * Puts an inactive domain with the same uuid and another name in the place of @domain, which keeps
 * nothing. Busy of @domain is held, and that of the result is when it is given. The name is taken:
 * FAILURE_OPERATION_INVALID. New reference.
 */
Domain *domains_rename(Domain *domain, const char *name, GError **error);

/* Takes @domain out of the set if nothing keeps it there (neither config nor guest). Busy is held.
 */
void domains_drop_if_gone(Domain *domain);

/* Number of active domains; the inhibit callback is called on 0 to 1 and back. */
void domains_count_active(int change);
void domains_set_inhibit(void (*callback)(bool inhibit, void *opaque), void *opaque);

void domains_init(void);
