/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bringing a running guest to the processors and the share of them that its definition says. */
#pragma once

#include "driver/change.h"

/* change_commit(), with what change->live says of vcpus and pins applied before; all or nothing. */
bool placing_commit(Change *change, GError **error);

/* Puts the controller of a guest that has just started on the processors of <emulatorpin>. */
bool placing_begin(const Domain *domain, GError **error);
