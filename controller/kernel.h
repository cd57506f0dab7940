/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls and constants that the oldest supported C library does not wrap. */
#pragma once

#include <linux/openat2.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif
#ifndef KEYCTL_JOIN_SESSION_KEYRING
#define KEYCTL_JOIN_SESSION_KEYRING 1
#endif

/* Linux 5.3. The child goes on where the parent does, with a copy of its memory, as after fork().
 */
static inline pid_t
kernel_clone3(struct clone_args *arguments)
{
    return syscall(SYS_clone3, arguments, sizeof(*arguments));
}

/* Linux 5.6 */
static inline int
kernel_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
    struct open_how how = { .flags = flags, .mode = mode, .resolve = resolve };

    return syscall(SYS_openat2, directory, path, &how, sizeof(how));
}

static inline int
kernel_pivot_root(const char *new_root, const char *old_root)
{
    return syscall(SYS_pivot_root, new_root, old_root);
}

static inline int
kernel_keyctl(int operation, unsigned long argument)
{
    return syscall(SYS_keyctl, operation, argument, 0UL, 0UL, 0UL);
}

/* Linux 5.1; glibc declares it as a wrapper that takes no fd it did not open. */
static inline int
kernel_pidfd_send_signal(int pidfd, int number)
{
    return syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
}
