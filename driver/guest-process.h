/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes of a running guest by the numbers they have in it. */
#pragma once

#include "driver/usage.h"

/*
 * Sends @signal (0: looks whether it is there) to the process that is number @pid in the guest, or
 * with a negative number to all of that process group. FAILURE_INVALID_ARG when there is none. The
 * numbers on the host are held by descriptors, so that nobody else is hit.
 */
bool guest_process_signal(const Usage *usage, int64_t pid, int signal, GError **error);
