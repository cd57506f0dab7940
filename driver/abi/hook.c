/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The administrator's scripts /etc/libvirt/hooks/lxc and lxc.d/. */
#include "driver/abi/hook.h"

#include "driver/abi/error.h"
#include "driver/abi/symbols.h"

/* libvirt's number for scripts of this driver */
#define HOOK_DRIVER_LXC 2

bool
hook_present(void)
{
    return private.virHookPresent && private.virHookPresent(HOOK_DRIVER_LXC) == 1;
}

bool
hook_call(const HookCall *call, GError **error)
{
    if (!hook_present())
        return true;
    if (private.virHookCall(HOOK_DRIVER_LXC, call->name, (int)call->operation, (int)call->phase,
                            call->extra, call->xml, NULL) < 0)
        return abi_fail(error, FAILURE_HOOK, NULL);
    return true;
}
