/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Giving up privileges by the system calls themselves; libcap would double what is linked. */
#include "controller/keeper/confine.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "controller/wire/failure.h"

bool
confine(GError **error)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };
    int capability;

    /* ends with EINVAL at the first one this kernel does not know */
    for (capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
        if (capability != CAP_KILL && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
            return fail_errno(error, errno, "cannot drop capability %d", capability);
    }
    data[0].effective = 1u << CAP_KILL;
    data[0].permitted = 1u << CAP_KILL;
    if (syscall(SYS_capset, &header, data) < 0)
        return fail_errno(error, errno, "cannot drop capabilities");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return fail_errno(error, errno, "cannot set no_new_privs");
    return true;
}
