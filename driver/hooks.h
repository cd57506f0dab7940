/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The administrator's hook scripts, /etc/libvirt/hooks/lxc and lxc.d/. */
#pragma once

#include "driver/abi/hook.h"
#include "driver/domain.h"

/*
 * Runs the hooks for @operation ("begin" or, for stopped and release, "end") with the live XML on
 * stdin; success when there are none. @extra: last argument, NULL for "-". FAILURE_HOOK when a
 * script fails. Busy is held, no lock.
 */
bool hooks_run(Domain *domain, HookOperation operation, const char *extra, GError **error);
