/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ids for domains that want their own and do not say which: a range of 65536 of the administrator's
 * that no other domain has. It becomes the domain's <idmap>, so it stays.
 */
#pragma once

#include "driver/domain.h"
#include "driver/settings.h"

/* FAILURE_CONFIG_UNSUPPORTED for idmap_range that is none. */
bool idmap_auto_check(const Settings *settings, GError **error);

/*
 * Gives a definition that is about to be defined or created its <idmap>, if it is to have one: the
 * one the domain with this uuid has had, or the first that is free. FAILURE_CONFIG_UNSUPPORTED when
 * none is, or the host has no range. No lock is held.
 */
bool idmap_auto_assign(Definition *definition, GError **error);
