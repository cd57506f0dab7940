/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Network interfaces of a guest, the daemon's side: what has to be there before its links are made,
 * what is known of them afterwards, and what is given back. Busy is held, the lock is not.
 */
#pragma once

#include "controller/wire/message.h"
#include "driver/domain.h"

/* Before the guest's links are made: names on the host for all interfaces of the live definition
 * that have none. The launcher takes another number for a name that is taken. */
bool interfaces_prepare(Domain *domain, GError **error);

/* Names that the links on the host really have. Call with the lock held. */
void interfaces_record(Definition *definition, const GPtrArray *links);
