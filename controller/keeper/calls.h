/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The system calls that are left to the keeper. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/*
 * From here on all other calls fail with EPERM, in this process and its descendants. Wants
 * no_new_privs. False without error: this kernel or this processor has no such filter.
 */
bool calls_restrict(GError **error);
