/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Network interfaces of a guest, the daemon's side: what has to be there before its links are made,
 * what is known of them afterwards, and what is given back. Busy is held, the lock is not, but
 * where it is said.
 */
#pragma once

#include "controller/wire/message.h"
#include "driver/domain.h"

/*
 * Before the links are made: ports of networks, and names on the host for interfaces of the live
 * definition that have none. The launcher takes another number for a name that is taken.
 */
bool interfaces_prepare(Domain *domain, GError **error);

/* Names that the links on the host really have. Call with the lock held. */
void interfaces_record(Definition *definition, const GPtrArray *links);

/* After the links are made, and before anybody uses them: filters. */
bool interfaces_bind(Domain *domain, GError **error);

/* Gives back ports and filters, also those of a start that came half way. The live definition is
 * afterwards as it was before interfaces_prepare(). */
void interfaces_release(Domain *domain);

/* Gives back what guests had that ended with the daemon; returns at once. At daemon start. */
void interfaces_give_back(void);

/* The same of one interface, for live changes: a port and a name. @owner is the live definition. */
bool interface_prepare(const Definition *owner, Interface *interface, GError **error);
void interface_release(const Definition *owner, Interface *interface);
