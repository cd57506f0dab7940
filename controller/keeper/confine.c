/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Giving up privileges by the system calls themselves; libcap would double what is linked. */
#include "controller/keeper/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "controller/keeper/calls.h"
#include "controller/keeper/log.h"
#include "controller/kernel.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

#define READ       (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE      (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)
#define EXECUTE    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE)
#define KEEP_STATE (WRITE | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG)

static bool
drop_capabilities(GError **error)
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

/* What the rules are about, as far as this kernel knows of it: everything that can be had. */
static struct kernel_landlock_ruleset
handled(int abi)
{
    struct kernel_landlock_ruleset ruleset = { .fs = LANDLOCK_ACCESS_FS_FIRST };

    if (abi >= 2)
        ruleset.fs |= LANDLOCK_ACCESS_FS_REFER;
    if (abi >= 3)
        ruleset.fs |= LANDLOCK_ACCESS_FS_TRUNCATE;
    if (abi >= 4)
        ruleset.net = LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_CONNECT_TCP;
    if (abi >= 5)
        ruleset.fs |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
    /* signals are what the keeper is for */
    if (abi >= 6)
        ruleset.scoped = LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET;
    return ruleset;
}

static bool
allow(int ruleset, int file, uint64_t access, GError **error)
{
    const struct landlock_path_beneath_attr rule = { .allowed_access = access, .parent_fd = file };

    if (file < 0 || kernel_landlock_add_rule(ruleset, &rule) == 0)
        return true;
    return fail_errno(error, errno, "cannot keep access to descriptor %d", file);
}

static bool
restrict_files(const KeeperState *state, GError **error)
{
    g_auto(Fd) proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    g_auto(Fd) sys = open("/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct kernel_landlock_ruleset attributes;
    g_auto(Fd) ruleset = -1;
    int abi = kernel_landlock_abi();

    if (abi < 1) {
        log_line("this kernel has no Landlock: the keeper can open every file of root's");
        return true;
    }
    attributes = handled(abi);
    if ((ruleset = kernel_landlock_create(&attributes, abi)) < 0)
        return fail_errno(error, errno, "cannot make rules of what may be opened");
    if (!allow(ruleset, state->state_directory, KEEP_STATE, error) ||
        !allow(ruleset, state->freezer, WRITE, error) || !allow(ruleset, proc, READ, error) ||
        !allow(ruleset, sys, READ, error) ||
        (state->view && !allow(ruleset, (int)state->view->program, EXECUTE, error)))
        return false;
    if (kernel_landlock_restrict(ruleset) < 0)
        return fail_errno(error, errno, "cannot restrict what may be opened");
    return true;
}

bool
confine(const KeeperState *state, GError **error)
{
    g_autoptr(GError) refused = NULL;

    if (!drop_capabilities(error) || !restrict_files(state, error))
        return false;
    if (calls_restrict(&refused))
        return true;
    if (refused) {
        g_propagate_error(error, g_steal_pointer(&refused));
        return false;
    }
    log_line("the system calls of the keeper are not restricted: no filter for this kernel");
    return true;
}
