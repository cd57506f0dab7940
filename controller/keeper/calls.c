/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the keeper, and the server of the view that it starts again, may ask of the kernel. This
 * table is the contract: whoever adds a call to the keeper adds its row, with a reason. The filter
 * is made here, because libseccomp would double what is linked.
 */
#include "controller/keeper/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "controller/wire/failure.h"

/* Building with another one (SECCOMP_RET_KILL_PROCESS) finds what the table lacks. */
#ifndef CALLS_REFUSAL
#define CALLS_REFUSAL (SECCOMP_RET_ERRNO | EPERM)
#endif

#if defined(__x86_64__) && !defined(__ILP32__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#elif defined(__s390x__)
#define ARCHITECTURE AUDIT_ARCH_S390X
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define ARCHITECTURE AUDIT_ARCH_PPC64LE
#else
#define ARCHITECTURE 0 /* one whose calls nobody has looked at */
#endif

/* AddressSanitizer makes calls of its own. */
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED true
#else
#define SANITIZED false
#endif

typedef struct {
    unsigned number;
    /* when .mask is not 0: the call is allowed if these bits of the argument have the value */
    unsigned argument;
    uint32_t mask;
    uint32_t value;
} Call;

#define CALL(name)           \
    {                        \
        __NR_##name, 0, 0, 0 \
    }
#define CALL_IF(name, index, bits, word)                       \
    {                                                          \
        __NR_##name, index, (uint32_t)(bits), (uint32_t)(word) \
    }

#define NAMESPACES                                                                             \
    (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | \
     CLONE_NEWCGROUP)

static const Call calls[] = {
    /* waiting, and what is waited for; the most frequent first */
    CALL(epoll_pwait),
    CALL(read),
    CALL(write),
#ifdef __NR_epoll_wait
    CALL(epoll_wait),
#endif
    CALL(sendto),
    CALL(recvfrom),
    CALL(sendmsg),
    CALL(recvmsg),
    CALL(epoll_ctl),
#ifdef __NR_poll
    CALL(poll),
#endif
    CALL(ppoll),
    CALL(readv),
    CALL(writev),
    CALL(pread64),
    CALL(pwrite64),
    CALL(close),
    CALL(fcntl),
    CALL(lseek),
    /* clients and streams; no socket is made but a pair */
    CALL(accept4),
    CALL(getsockopt),
    CALL(shutdown),
    CALL_IF(socketpair, 0, UINT32_MAX, AF_UNIX),
    /* window sizes of consoles, and whether something is a terminal */
    CALL_IF(ioctl, 1, UINT32_MAX, TIOCGWINSZ),
    CALL_IF(ioctl, 1, UINT32_MAX, TIOCSWINSZ),
    CALL_IF(ioctl, 1, UINT32_MAX, TCGETS),
    /* the freezer, NAME.exit, logs; the view's sources. Landlock says which */
    CALL(openat),
    CALL(fstat),
    CALL(newfstatat),
    CALL(statx),
    CALL(fsync),
    CALL(ftruncate),
    CALL(unlinkat),
    CALL(renameat2),
#ifdef __NR_renameat
    CALL(renameat),
#endif
    /* children and signals */
    CALL(waitid),
    CALL(wait4),
    CALL(pidfd_send_signal),
    CALL(kill),
    CALL(rt_sigreturn),
    CALL(rt_sigprocmask),
    CALL(rt_sigaction),
    CALL(restart_syscall),
    /* memory */
    CALL(brk),
    CALL_IF(mmap, 2, PROT_EXEC, 0),
    CALL_IF(mprotect, 2, PROT_EXEC, 0),
    CALL(mremap),
    CALL(munmap),
    CALL(madvise),
    CALL(memfd_create),
    CALL(futex),
    /* time, and where the vDSO has none of it */
    CALL(clock_gettime),
    CALL(clock_nanosleep),
    CALL(gettimeofday),
#ifdef __NR_time
    CALL(time),
#endif
    /* who we are, and the end; abort() signals itself */
    CALL(getpid),
    CALL(gettid),
    CALL(getppid),
    CALL(getuid),
    CALL(geteuid),
    CALL(getrandom),
    CALL(tgkill),
    CALL(exit),
    CALL(exit_group),
/* starting the server of the view again: a plain fork, and a program that is held open */
#ifdef __s390__
    CALL_IF(clone, 1, NAMESPACES, 0),
#else
    CALL_IF(clone, 0, NAMESPACES, 0),
#endif
    CALL(dup3),
#ifdef __NR_dup2
    CALL(dup2),
#endif
    CALL(close_range),
    CALL_IF(execveat, 4, UINT32_MAX, AT_EMPTY_PATH),
/* what the C library does when that program begins */
#ifdef __NR_arch_prctl
    CALL(arch_prctl),
#endif
#ifdef __NR_readlink
    CALL(readlink),
#endif
    CALL(readlinkat),
    CALL(set_tid_address),
    CALL(set_robust_list),
    CALL(rseq),
    CALL(prlimit64),
    CALL_IF(prctl, 0, UINT32_MAX, PR_SET_NAME),
    CALL_IF(prctl, 0, UINT32_MAX, PR_SET_DUMPABLE),
    CALL_IF(prctl, 0, UINT32_MAX, PR_SET_PDEATHSIG),
};

/* Arguments have 64 bits; all that is compared fits the lower half, which is what the kernel uses
 * of an int. */
static uint32_t
argument_offset(unsigned index)
{
    uint32_t offset = offsetof(struct seccomp_data, args) + index * sizeof(uint64_t);

    return G_BYTE_ORDER == G_BIG_ENDIAN ? offset + sizeof(uint32_t) : offset;
}

#define ROW_MAX 6

/* Appends the instructions of one row, which leave the number of the call loaded. */
static size_t
add_row(struct sock_filter *program, const Call *call)
{
    const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    const struct sock_filter load_number =
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));

    if (call->mask == 0) {
        program[0] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call->number, 0, 1);
        program[1] = allow;
        return 2;
    }
    program[0] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call->number, 0, 5);
    program[1] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, argument_offset(call->argument));
    program[2] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, call->mask);
    program[3] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call->value, 0, 1);
    program[4] = allow;
    program[5] = load_number;
    return ROW_MAX;
}

bool
calls_restrict(GError **error)
{
    struct sock_filter program[4 + G_N_ELEMENTS(calls) * ROW_MAX + 1];
    struct sock_fprog filter = { .filter = program };
    size_t length = 0;
    size_t i;

    if (SANITIZED || ARCHITECTURE == 0)
        return false;
    program[length++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    program[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
    program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    program[length++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (i = 0; i < G_N_ELEMENTS(calls); i++)
        length += add_row(program + length, &calls[i]);
    program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, CALLS_REFUSAL);
    filter.len = length;
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0)
        return true;
    if (errno != ENOSYS && errno != EINVAL)
        return fail_errno(error, errno, "cannot restrict the system calls");
    return false;
}
