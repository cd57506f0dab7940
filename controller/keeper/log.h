/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines in the guest's log file, which is the keeper's standard error. */
#pragma once

#include <glib.h>

/* One line; never blocks the guest and never fails. */
void log_line(const char *format, ...) G_GNUC_PRINTF(1, 2);
