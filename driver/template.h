/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Templates: what must be there before a guest starts from one. See xml/templates.h. */
#pragma once

#include "driver/domain.h"

/*
 * Makes the private layers of the domain that is about to start, and takes what runs in it from the
 * template of its root where the definition does not say. FAILURE_CONFIG_UNSUPPORTED names a
 * template that is not there, and how to get it. Busy is held, the lock is not.
 */
bool template_prepare(Domain *domain, GError **error);

/* The first half of it, for one filesystem of whatever type. */
bool template_prepare_filesystem(const Domain *domain, const Filesystem *filesystem,
                                 GError **error);
