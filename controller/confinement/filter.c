/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* seccomp by libseccomp. */
#include "controller/confinement/filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "controller/wire/failure.h"

#define ARGUMENTS_MAX 6

/* What runs beside the native architecture; those of other machines fit none. */
static const struct {
    uint32_t native;
    uint32_t beside[3];
} siblings[] = {
    { SCMP_ARCH_X86_64, { SCMP_ARCH_X86, SCMP_ARCH_X32 } },
    { SCMP_ARCH_AARCH64, { SCMP_ARCH_ARM } },
    { SCMP_ARCH_S390X, { SCMP_ARCH_S390 } },
    { SCMP_ARCH_PPC64, { SCMP_ARCH_PPC } },
    { SCMP_ARCH_MIPS64, { SCMP_ARCH_MIPS, SCMP_ARCH_MIPS64N32 } },
    { SCMP_ARCH_MIPSEL64, { SCMP_ARCH_MIPSEL, SCMP_ARCH_MIPSEL64N32 } },
};

static const struct {
    const char *name;
    enum scmp_compare op;
} comparisons[] = {
    { "SCMP_CMP_NE", SCMP_CMP_NE },
    { "SCMP_CMP_LT", SCMP_CMP_LT },
    { "SCMP_CMP_LE", SCMP_CMP_LE },
    { "SCMP_CMP_EQ", SCMP_CMP_EQ },
    { "SCMP_CMP_GE", SCMP_CMP_GE },
    { "SCMP_CMP_GT", SCMP_CMP_GT },
    { "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
};

static bool
find_action(const char *name, uint64_t errnum, uint32_t *ret_action, GError **error)
{
    if (g_strcmp0(name, "SCMP_ACT_ALLOW") == 0)
        *ret_action = SCMP_ACT_ALLOW;
    else if (g_strcmp0(name, "SCMP_ACT_ERRNO") == 0)
        *ret_action = SCMP_ACT_ERRNO(errnum == CONTAINER_UNSET ? EPERM : (uint32_t)errnum & 0xfff);
    else if (g_strcmp0(name, "SCMP_ACT_KILL_PROCESS") == 0)
        *ret_action = SCMP_ACT_KILL_PROCESS;
    else if (g_strcmp0(name, "SCMP_ACT_LOG") == 0)
        *ret_action = SCMP_ACT_LOG;
    else
        return fail(error, FAILURE_CONFIG_UNSUPPORTED, "unknown seccomp action '%s'",
                    name ? name : "");
    return true;
}

static bool
find_comparison(const char *name, enum scmp_compare *ret_op, GError **error)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(comparisons); i++) {
        if (g_strcmp0(comparisons[i].name, name) == 0) {
            *ret_op = comparisons[i].op;
            return true;
        }
    }
    return fail(error, FAILURE_CONFIG_UNSUPPORTED, "unknown seccomp comparison '%s'",
                name ? name : "");
}

static bool
add_rule(scmp_filter_ctx context, const ContainerSeccompRule *rule, GError **error)
{
    struct scmp_arg_cmp arguments[ARGUMENTS_MAX];
    uint32_t action;
    char **name;
    guint i;

    if (!find_action(rule->action, rule->errnum, &action, error))
        return false;
    if (rule->args->len > ARGUMENTS_MAX)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED, "a system call has at most %d arguments",
                    ARGUMENTS_MAX);
    for (i = 0; i < rule->args->len; i++) {
        const ContainerSeccompArgument *given = rule->args->pdata[i];

        if (!find_comparison(given->op, &arguments[i].op, error))
            return false;
        arguments[i].arg = given->index;
        arguments[i].datum_a = given->value;
        arguments[i].datum_b = given->value_two;
    }
    for (name = rule->names; *name; name++) {
        int number = seccomp_syscall_resolve_name(*name);
        int result;

        if (number == __NR_SCMP_ERROR)
            continue;
        /* a call that some architecture does not have is no mistake */
        result = seccomp_rule_add_array(context, action, number, i, arguments);
        if (result < 0 && result != -EDOM && result != -EEXIST)
            return fail_errno(error, -result, "cannot add a rule for the system call '%s'", *name);
    }
    return true;
}

static bool
configure(scmp_filter_ctx context, const ContainerSeccomp *seccomp, GError **error)
{
    size_t i;
    size_t j;
    guint k;

    seccomp_attr_set(context, SCMP_FLTATR_CTL_NNP, 0);
    /* a call of an architecture nobody here has heard of does not exist */
    seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
    for (i = 0; i < G_N_ELEMENTS(siblings); i++) {
        for (j = 0; siblings[i].native == seccomp_arch_native() && siblings[i].beside[j]; j++)
            seccomp_arch_add(context, siblings[i].beside[j]);
    }
    for (k = 0; k < seccomp->rules->len; k++) {
        if (!add_rule(context, seccomp->rules->pdata[k], error))
            return false;
    }
    return true;
}

Fd
filter_open(GError **error)
{
    Fd file = memfd_create("seccomp", MFD_CLOEXEC);

    if (file < 0)
        fail_errno(error, errno, "cannot make a file for the seccomp filter");
    return file;
}

static bool
is_supported(void)
{
    const uint32_t action = SECCOMP_RET_ERRNO;

    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

bool
filter_compile(const ContainerSeccomp *seccomp, int file, GError **error)
{
    scmp_filter_ctx context;
    uint32_t action;
    bool done;
    int result;

    if (!seccomp)
        return true;
    if (!is_supported()) {
        if (!seccomp->optional)
            return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                        "this kernel cannot filter system calls (CONFIG_SECCOMP_FILTER); choose "
                        "the seccomp profile 'none'");
        g_printerr("seccomp: this kernel cannot filter system calls; the guest may use all\n");
        return true;
    }
    if (!find_action(seccomp->default_action, CONTAINER_UNSET, &action, error))
        return false;
    if (!(context = seccomp_init(action)))
        return fail(error, FAILURE_INTERNAL, "cannot make a seccomp filter");
    done = configure(context, seccomp, error);
    if (done && (result = seccomp_export_bpf(context, file)) < 0)
        done = fail_errno(error, -result, "cannot make the seccomp filter");
    seccomp_release(context);
    return done;
}

bool
filter_install(int file, GError **error)
{
    g_autofree struct sock_filter *instructions = NULL;
    struct sock_fprog program;
    struct stat status;

    if (fstat(file, &status) < 0)
        return fail_errno(error, errno, "cannot read the seccomp filter");
    if (status.st_size == 0)
        return true;
    if (status.st_size / sizeof(*instructions) > BPF_MAXINSNS)
        return fail(error, FAILURE_INTERNAL, "the seccomp filter is too long for the kernel");
    instructions = g_malloc(status.st_size);
    if (pread(file, instructions, status.st_size, 0) != status.st_size)
        return fail_errno(error, errno, "cannot read the seccomp filter");
    program.filter = instructions;
    program.len = status.st_size / sizeof(*instructions);
    /* a list of what is denied is no reason to run slower for fear of speculation */
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) < 0)
        return fail_errno(error, errno, "cannot install the seccomp filter");
    return true;
}
