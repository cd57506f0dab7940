/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of a status file: what must be known of a running guest to find it again. */
#pragma once

#include "driver/store.h"

/* <domstatus> of an active domain, without the comment of the file. Free with g_free(). */
char *status_format(const Domain *domain);

/*
 * Reads what status_format() or the stock driver wrote; in the latter case cgroup is NULL.
 * FAILURE_XML names what is missing or wrong.
 */
StoredStatus *status_parse(const char *text, GError **error);
