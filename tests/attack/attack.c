/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tries from inside a guest what a guest must not be able to do. `attack VERB…` tries each and
 * prints "VERB RESULT": "done", the name of an errno, or what the attack found.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define X32_BIT 0x40000000

typedef struct {
    const char *name;
    long (*try)(void);
} Attack;

static long
try_kexec_load(void)
{
    return syscall(SYS_kexec_load, 0, 0, 0, 0);
}

static long
try_kexec_file_load(void)
{
    return syscall(SYS_kexec_file_load, -1, -1, 0, 0, 0);
}

static long
try_init_module(void)
{
    return syscall(SYS_init_module, "", 0, "");
}

static long
try_finit_module(void)
{
    return syscall(SYS_finit_module, -1, "", 0);
}

static long
try_delete_module(void)
{
    return syscall(SYS_delete_module, "nothing", O_NONBLOCK);
}

/* The root's own handle, which any holder of CAP_DAC_READ_SEARCH may open again. */
static long
try_open_by_handle_at(void)
{
    struct {
        struct file_handle handle;
        unsigned char bytes[128];
    } place = { .handle.handle_bytes = sizeof(place.bytes) };
    int root = open("/", O_RDONLY | O_DIRECTORY);
    int mount;

    if (name_to_handle_at(AT_FDCWD, "/", &place.handle, &mount, 0) < 0)
        return -1;
    return open_by_handle_at(root, &place.handle, O_RDONLY);
}

static long
try_swapon(void)
{
    return syscall(SYS_swapon, "/nothing", 0);
}

static long
try_swapoff(void)
{
    return syscall(SYS_swapoff, "/nothing");
}

/* SYSLOG_ACTION_READ_ALL */
static long
try_syslog(void)
{
    char text[64];

    return syscall(SYS_syslog, 3, text, sizeof(text));
}

static long
try_tiocsti(void)
{
    return ioctl(STDIN_FILENO, TIOCSTI, "#");
}

/* The kernel looks at 32 bits of the request only; so must who filters it. */
static long
try_tiocsti_wide(void)
{
    return syscall(SYS_ioctl, STDIN_FILENO, (uint64_t)1 << 32 | TIOCSTI, "#");
}

static long
try_tioclinux(void)
{
    char subcode = 2;

    return ioctl(STDIN_FILENO, TIOCLINUX, &subcode);
}

static long
try_bpf(void)
{
    return syscall(SYS_bpf, 0, NULL, 0);
}

static long
try_perf_event_open(void)
{
    return syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0);
}

static long
try_io_uring_setup(void)
{
    return syscall(SYS_io_uring_setup, 1, NULL);
}

static long
try_add_key(void)
{
    return syscall(SYS_add_key, "user", "attack", "x", 1, KEY_SPEC_SESSION_KEYRING);
}

static long
try_unshare_user(void)
{
    return unshare(CLONE_NEWUSER);
}

static long
reap(long pid)
{
    if (pid == 0)
        _exit(EXIT_SUCCESS);
    if (pid > 0)
        waitpid(pid, NULL, __WALL);
    return pid;
}

static long
try_clone_user(void)
{
    return reap(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL));
}

static long
try_clone3_user(void)
{
    struct clone_args arguments = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };

    return reap(syscall(SYS_clone3, &arguments, sizeof(arguments)));
}

static long
try_fork(void)
{
    return reap(fork());
}

#if defined(__x86_64__)
static long
try_iopl(void)
{
    return syscall(SYS_iopl, 3);
}

static long
try_ioperm(void)
{
    return syscall(SYS_ioperm, 0x80, 1, 1);
}

/* The 32-bit entrance of a 64-bit kernel, with its own numbers. */
static long
call_i386(long number)
{
    long result;

    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(0), "c"(0), "d"(0) : "memory");
    if (result >= 0 || result < -4095)
        return result;
    errno = (int)-result;
    return -1;
}

static long
try_i386_kexec_load(void)
{
    return call_i386(283);
}

static long
try_i386_iopl(void)
{
    return call_i386(110);
}

static long
try_i386_open_by_handle_at(void)
{
    return call_i386(342);
}

static long
try_x32_kexec_load(void)
{
    return syscall(X32_BIT | 528, 0, 0, 0, 0);
}

static long
try_x32_init_module(void)
{
    return syscall(X32_BIT | SYS_init_module, "", 0, "");
}
#endif

/* A key that the host's root has put into the keyring of the daemon's session. */
static long
try_session_key(void)
{
    return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", "caisson-secret",
                   0);
}

static long
try_ptrace_init(void)
{
    return ptrace(PTRACE_SEIZE, 1, NULL, NULL);
}

static long
try_mknod_disk(void)
{
    unlink("/tmp/disk");
    return mknod("/tmp/disk", S_IFBLK | 0600, makedev(7, 0));
}

/* Made by this process, or put there by who started the guest. */
static long
try_open_disk(void)
{
    return open("/tmp/disk", O_RDONLY | O_NONBLOCK);
}

/* The kernel's memory by its device. */
static long
try_open_mem(void)
{
    mknod("/tmp/mem", S_IFCHR | 0600, makedev(1, 1));
    return open("/tmp/mem", O_RDONLY);
}

static long
try_mount_proc(void)
{
    mkdir("/tmp/proc", 0755);
    return mount("proc", "/tmp/proc", "proc", 0, NULL);
}

static long
try_remount_sys(void)
{
    return mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL);
}

static long
try_uncover(void)
{
    return umount2("/proc/keys", MNT_DETACH);
}

static long
try_mount_release_agent(void)
{
    return mount("none", "/mnt", "cgroup", 0, "none,name=evil,release_agent=/tmp/agent");
}

static long
try_core_pattern(void)
{
    int fd = open("/proc/sys/kernel/core_pattern", O_WRONLY);

    return fd < 0 ? fd : write(fd, "|/tmp/core", 10);
}

static long
try_sysrq(void)
{
    return open("/proc/sysrq-trigger", O_WRONLY);
}

static long
try_kill_host(void)
{
    return kill(4194303, SIGKILL);
}

static long
try_raise_nofile(void)
{
    const struct rlimit limit = { 1 << 20, 1 << 20 };

    return setrlimit(RLIMIT_NOFILE, &limit);
}

/* Not an attack: what sudo does, when this program is setuid root. */
static long
try_setuid_root(void)
{
    errno = EPERM;
    return geteuid() == 0 ? 0 : -1;
}

static const Attack attacks[] = {
    { "setuid_root", try_setuid_root },
    { "session_key", try_session_key },
    { "ptrace_init", try_ptrace_init },
    { "mknod_disk", try_mknod_disk },
    { "open_disk", try_open_disk },
    { "open_mem", try_open_mem },
    { "mount_proc", try_mount_proc },
    { "remount_sys", try_remount_sys },
    { "uncover", try_uncover },
    { "mount_release_agent", try_mount_release_agent },
    { "core_pattern", try_core_pattern },
    { "sysrq", try_sysrq },
    { "kill_host", try_kill_host },
    { "raise_nofile", try_raise_nofile },
    { "kexec_load", try_kexec_load },
    { "kexec_file_load", try_kexec_file_load },
    { "init_module", try_init_module },
    { "finit_module", try_finit_module },
    { "delete_module", try_delete_module },
    { "open_by_handle_at", try_open_by_handle_at },
    { "swapon", try_swapon },
    { "swapoff", try_swapoff },
    { "syslog", try_syslog },
    { "tiocsti", try_tiocsti },
    { "tiocsti_wide", try_tiocsti_wide },
    { "tioclinux", try_tioclinux },
    { "bpf", try_bpf },
    { "perf_event_open", try_perf_event_open },
    { "io_uring_setup", try_io_uring_setup },
    { "add_key", try_add_key },
    { "unshare_user", try_unshare_user },
    { "clone_user", try_clone_user },
    { "clone3_user", try_clone3_user },
    { "fork", try_fork },
#if defined(__x86_64__)
    { "iopl", try_iopl },
    { "ioperm", try_ioperm },
    { "i386_kexec_load", try_i386_kexec_load },
    { "i386_iopl", try_i386_iopl },
    { "i386_open_by_handle_at", try_i386_open_by_handle_at },
    { "x32_kexec_load", try_x32_kexec_load },
    { "x32_init_module", try_x32_init_module },
#endif
};

/* In a process of its own: an attack may change the process or end it. */
static void
attack(const Attack *what)
{
    int status;
    pid_t child;

    fflush(stdout);
    if ((child = fork()) == 0) {
        long result;

        errno = 0;
        result = what->try();
        printf("%s %s\n", what->name, result < 0 ? strerrorname_np(errno) : "done");
        fflush(stdout);
        _exit(EXIT_SUCCESS);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0)
        printf("%s %s\n", what->name, strerrorname_np(errno));
    else if (WIFSIGNALED(status))
        printf("%s SIG%s\n", what->name, sigabbrev_np(WTERMSIG(status)));
}

int
main(int argc, char **argv)
{
    int i;
    size_t j;

    for (i = 1; i < argc; i++) {
        for (j = 0; j < sizeof(attacks) / sizeof(*attacks); j++) {
            if (strcmp(attacks[j].name, argv[i]) == 0) {
                attack(&attacks[j]);
                break;
            }
        }
        if (j == sizeof(attacks) / sizeof(*attacks))
            printf("%s unknown\n", argv[i]);
    }
    return EXIT_SUCCESS;
}
