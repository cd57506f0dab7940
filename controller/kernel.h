/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls and constants that the oldest supported C library does not wrap. */
#pragma once

#include <linux/landlock.h>
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

/* Landlock, Linux 5.13 and later; headers may know less than the kernel. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_NET_BIND_TCP
#define LANDLOCK_ACCESS_NET_BIND_TCP    (1ULL << 0)
#define LANDLOCK_ACCESS_NET_CONNECT_TCP (1ULL << 1)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif
#ifndef LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET
#define LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0)
#endif
/* all rights of the first version */
#define LANDLOCK_ACCESS_FS_FIRST ((1ULL << 13) - 1)

struct kernel_landlock_ruleset {
    uint64_t fs;
    uint64_t net;    /* version 4 */
    uint64_t scoped; /* version 6 */
};

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

/* 0 or less: no Landlock */
static inline int
kernel_landlock_abi(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static inline int
kernel_landlock_create(const struct kernel_landlock_ruleset *ruleset, int abi)
{
    size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;

    return syscall(SYS_landlock_create_ruleset, ruleset, size, 0);
}

static inline int
kernel_landlock_add_rule(int ruleset, const struct landlock_path_beneath_attr *rule)
{
    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, rule, 0);
}

static inline int
kernel_landlock_restrict(int ruleset)
{
    return syscall(SYS_landlock_restrict_self, ruleset, 0);
}
