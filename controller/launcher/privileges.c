/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ids and capabilities of init. */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "controller/launcher/steps.h"
#include "controller/wire/failure.h"

static bool
parse_names(char *const *names, uint64_t *ret_set, GError **error)
{
    uint64_t set = 0;
    cap_value_t value;

    for (; names && *names; names++) {
        g_autofree char *lower = g_ascii_strdown(*names, -1);

        if (cap_from_name(lower, &value) < 0)
            return fail(error, FAILURE_CONFIG_UNSUPPORTED, "unknown capability '%s'", *names);
        set |= UINT64_C(1) << value;
    }
    *ret_set = set;
    return true;
}

static bool
drop_bounding(uint64_t keep, GError **error)
{
    int value;

    /* until the kernel knows no more */
    for (value = 0; prctl(PR_CAPBSET_READ, value) >= 0; value++) {
        if (!(keep >> value & 1) && prctl(PR_CAPBSET_DROP, value) < 0)
            return fail_errno(error, errno, "cannot drop capability %d", value);
    }
    return true;
}

/* Nothing is inheritable, hence nothing ambient: programs of init get what their own user may have.
 */
static bool
set_capabilities(uint64_t permitted, uint64_t effective, GError **error)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct present[2];
    struct __user_cap_data_struct wanted[2];
    int half;

    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 ||
        syscall(SYS_capget, &header, present) < 0)
        return fail_errno(error, errno, "cannot read the capabilities");
    for (half = 0; half < 2; half++) {
        /* another user than root has lost them by now */
        wanted[half].permitted = present[half].permitted & (uint32_t)(permitted >> (32 * half));
        wanted[half].effective = wanted[half].permitted & (uint32_t)(effective >> (32 * half));
        wanted[half].inheritable = 0;
    }
    if (syscall(SYS_capset, &header, wanted) < 0)
        return fail_errno(error, errno, "cannot set the capabilities");
    return true;
}

static bool
set_ids(const Launch *launch, GError **error)
{
    if (setgroups(launch->groups->len, (const gid_t *)(void *)launch->groups->data) < 0)
        return fail_errno(error, errno, "cannot set the supplementary groups");
    if (setresgid(launch->gid, launch->gid, launch->gid) < 0)
        return fail_errno(error, errno, "cannot become group %u", launch->gid);
    if (setresuid(launch->uid, launch->uid, launch->uid) < 0)
        return fail_errno(error, errno, "cannot become user %u", launch->uid);
    return true;
}

bool
privileges_drop(Launch *launch, GError **error)
{
    const ContainerCapabilities *capabilities = launch->container->process->capabilities;
    uint64_t bounding = UINT64_MAX;
    uint64_t permitted = UINT64_MAX;
    uint64_t effective = UINT64_MAX;

    if (capabilities && (!parse_names(capabilities->bounding, &bounding, error) ||
                         !parse_names(capabilities->permitted, &permitted, error) ||
                         !parse_names(capabilities->effective, &effective, error)))
        return false;
    /* the bounding set first, it takes CAP_SETPCAP; ids before capabilities, they take CAP_SETUID
     */
    if (!drop_bounding(bounding, error) || !set_ids(launch, error) ||
        !set_capabilities(permitted, effective, error))
        return false;
    /* the kernel forgets both when ids or capabilities change */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
        return fail_errno(error, errno, "cannot protect the process of init");
    if (launch->container->process->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return fail_errno(error, errno, "cannot set no_new_privs");
    return true;
}
