/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* By the system calls themselves: libcap and libseccomp would double what is linked. */
#include "controller/view/confine.h"

#include <errno.h>
#include <glib.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/* a sanitizer makes calls of its own */
#if defined(ARCHITECTURE) && !defined(__SANITIZE_ADDRESS__)
/* Any other fails as if the kernel did not have it, so that a C library can do without. */
static const int allowed[] = {
    SYS_read,
    SYS_writev,
    SYS_write,
    SYS_openat,
    SYS_close,
    SYS_fstat,
    SYS_lseek,
    SYS_getdents64,
    SYS_newfstatat,
    SYS_fcntl,
    SYS_mmap,
    SYS_munmap,
    SYS_mremap,
    SYS_mprotect,
    SYS_madvise,
    SYS_brk,
    SYS_futex,
    SYS_clock_gettime,
    SYS_exit,
    SYS_exit_group,
    SYS_getpid,
    SYS_gettid,
    SYS_tgkill,
    SYS_getrandom,
    SYS_restart_syscall,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_rt_sigaction,
};

static bool
filter_calls(void)
{
    struct sock_filter program[G_N_ELEMENTS(allowed) + 6];
    struct sock_fprog filter = { .len = G_N_ELEMENTS(program), .filter = program };
    size_t n = 0;
    size_t i;

    program[n++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    program[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
    program[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    program[n++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (i = 0; i < G_N_ELEMENTS(allowed); i++) {
        unsigned char rest = G_N_ELEMENTS(allowed) - i;

        program[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], rest, 0);
    }
    program[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
    program[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    /* a kernel without filters is none of ours to mend */
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0 || errno == EINVAL;
}
#else
static bool
filter_calls(void)
{
    return true;
}
#endif

bool
view_confine(void)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };
    int capability;

    /* a server started by the keeper has its confinement, in which it cannot ask for another */
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 0)
        return true;
    for (capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) > 0; capability++) {
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
            break;
    }
    return syscall(SYS_capset, &header, none) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           filter_calls();
}
