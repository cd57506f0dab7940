/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which system calls are denied to a guest. */
#include <errno.h>
#include <linux/sched.h>
#include <stdint.h>

#include "controller/wire/failure.h"
#include "xml/container-parts.h"

#define TIOCSTI_REQUEST   0x5412
#define TIOCLINUX_REQUEST 0x541c
#define CLONE3_ABSENT     ENOSYS

typedef struct {
    const char *const *names;
    /* the calls are open to a domain that says on to this capability, or allow to all */
    const char *capability;
    int errnum;
    bool strict;       /* in the profile "strict" only */
    unsigned argument; /* denied only when this argument, of which … */
    uint64_t mask;     /* … these bits are looked at; 0: denied whatever the arguments are */
    uint64_t value;    /* … has this value */
} Denial;

#define NAMES(...)        \
    (const char *const[]) \
    {                     \
        __VA_ARGS__, NULL \
    }

/*
 * What no guest does, on whatever architecture. A capability that every guest has by default opens
 * nothing: only one that the domain asks for by name does. Where a kernel without the call answers
 * ENOSYS and programs know how to go on, so do we.
 */
static const Denial denials[] = {
    { NAMES("kexec_load", "kexec_file_load"), "sys_boot", EPERM },
    { NAMES("init_module", "finit_module", "delete_module", "create_module", "query_module",
            "get_kernel_syms"),
      "sys_module", EPERM },
    { NAMES("open_by_handle_at"), "dac_read_search", EPERM },
    { NAMES("iopl", "ioperm", "pciconfig_read", "pciconfig_write", "pciconfig_iobase", "vm86",
            "vm86old"),
      "sys_rawio", EPERM },
    /* of the whole machine: swap and the kernel's log */
    { NAMES("swapon", "swapoff"), "sys_admin", EPERM },
    { NAMES("syslog"), "syslog", EPERM },
    { NAMES("lookup_dcookie", "nfsservctl", "uselib", "_sysctl", "bdflush", "sysfs"), NULL,
      ENOSYS },
    /* typing on a terminal that somebody lent to the guest */
    { NAMES("ioctl"), NULL, EPERM, .argument = 1, .mask = UINT32_MAX, .value = TIOCSTI_REQUEST },
    { NAMES("ioctl"), NULL, EPERM, .argument = 1, .mask = UINT32_MAX, .value = TIOCLINUX_REQUEST },

    { NAMES("bpf", "perf_event_open", "userfaultfd", "add_key", "keyctl", "request_key",
            "process_madvise", "kcmp", "fanotify_init", "quotactl", "quotactl_fd", "acct"),
      NULL, EPERM, true },
    { NAMES("io_uring_setup", "io_uring_enter", "io_uring_register", "fsopen", "fspick", "fsconfig",
            "fsmount", "open_tree", "move_mount", "mount_setattr", "modify_ldt"),
      NULL, ENOSYS, true },
    /* a filter cannot look at the flags of clone3(); libraries fall back to clone() */
    { NAMES("clone3"), NULL, CLONE3_ABSENT, true },
#if defined(__s390__)
    { NAMES("clone"), NULL, EPERM, true, 1, CLONE_NEWUSER, CLONE_NEWUSER },
#else
    { NAMES("clone"), NULL, EPERM, true, 0, CLONE_NEWUSER, CLONE_NEWUSER },
#endif
    { NAMES("unshare"), NULL, EPERM, true, 0, CLONE_NEWUSER, CLONE_NEWUSER },
};

static const char *const profiles[] = { "default", "strict", "none", NULL };

bool
seccomp_profile_check(const char *profile, GError **error)
{
    return g_strv_contains(profiles, profile) ||
           fail(error, FAILURE_CONFIG_UNSUPPORTED,
                "unknown seccomp profile '%s': one of 'default', 'strict', 'none' is needed",
                profile);
}

static bool
is_granted(const Capabilities *capabilities, const char *name)
{
    CapabilityState state;

    if (!name)
        return false;
    state = capabilities_state(capabilities, name);
    return state == CAPABILITY_ON ||
           (state == CAPABILITY_UNSET && capabilities->policy == CAPABILITY_POLICY_ALLOW);
}

static ContainerSeccompRule *
rule_new(const Denial *denial)
{
    ContainerSeccompRule *rule = json_new(&container_seccomp_rule_type);
    ContainerSeccompArgument *argument;

    rule->names = g_strdupv((char **)denial->names);
    rule->action = g_strdup("SCMP_ACT_ERRNO");
    rule->errnum = denial->errnum;
    rule->args = json_array_new(&container_seccomp_argument_type);
    if (denial->mask == 0)
        return rule;
    argument = json_new(&container_seccomp_argument_type);
    argument->index = denial->argument;
    argument->value = denial->mask;
    argument->value_two = denial->value;
    argument->op = g_strdup("SCMP_CMP_MASKED_EQ");
    g_ptr_array_add(rule->args, argument);
    return rule;
}

bool
container_seccomp(const Definition *definition, const ContainerContext *context,
                  Container *container, GError **error)
{
    const char *wanted = seccomp_word(definition->caisson.seccomp);
    const char *profile = wanted ? wanted : context->seccomp;
    ContainerSeccomp *seccomp;
    bool strict;
    size_t i;

    if (!profile || g_str_equal(profile, "none"))
        return true;
    if (!seccomp_profile_check(profile, error))
        return false;
    strict = g_str_equal(profile, "strict");
    seccomp = json_new(&container_seccomp_type);
    seccomp->default_action = g_strdup("SCMP_ACT_ALLOW");
    seccomp->rules = json_array_new(&container_seccomp_rule_type);
    seccomp->optional = !strict;
    container->os->seccomp = seccomp;
    for (i = 0; i < G_N_ELEMENTS(denials); i++) {
        if ((denials[i].strict && !strict) ||
            is_granted(&definition->features.capabilities, denials[i].capability))
            continue;
        g_ptr_array_add(seccomp->rules, rule_new(&denials[i]));
    }
    return true;
}
