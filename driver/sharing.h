/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces that a guest shares with another domain. */
#pragma once

#include "driver/domain.h"

/* Puts the pid of the other's init in the place of each name of a domain in @definition.
 * FAILURE_OPERATION_INVALID when it does not run. No lock is held. */
bool sharing_resolve(Definition *definition, GError **error);
