/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a keeper that somebody has taken over can still do. Each test confines a child. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/keeper/confine.h"
#include "controller/kernel.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

typedef struct {
    int state;
    int outside; /* a directory that is none of the keeper's */
} Place;

/* 0: as it should be; otherwise the line of what is not. */
#define REFUSE(expression)                                            \
    do {                                                              \
        errno = 0;                                                    \
        if ((expression) >= 0 || (errno != EPERM && errno != EACCES)) \
            return __LINE__;                                          \
    } while (0)
#define ALLOW(expression)     \
    do {                      \
        if ((expression) < 0) \
            return __LINE__;  \
    } while (0)

static int
try_calls(const Place *place)
{
    static char *const argv[] = { (char *)"sh", NULL };

    REFUSE(socket(AF_INET, SOCK_STREAM, 0));
    REFUSE(socket(AF_UNIX, SOCK_STREAM, 0));
    REFUSE(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
    REFUSE(mount("none", "/mnt", "tmpfs", 0, NULL));
    REFUSE(unshare(CLONE_NEWUSER));
    REFUSE(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL));
    REFUSE(execv("/bin/sh", argv));
    REFUSE(syscall(SYS_execveat, AT_FDCWD, "/bin/sh", argv, argv, 0));
    REFUSE(syscall(SYS_bpf, 0, NULL, 0));
    REFUSE(chmod("/etc/shadow", 0666));
    REFUSE(mknodat(place->state, "disk", S_IFBLK | 0600, 0x801));
    if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
        return __LINE__;
    return 0;
}

static int
try_files(const Place *place)
{
    static const char *const argv[] = { "sh", NULL };

    REFUSE(open("/etc/shadow", O_RDONLY));
    REFUSE(open("/etc/passwd", O_RDONLY));
    REFUSE(open("/proc/sys/kernel/core_pattern", O_WRONLY));
    REFUSE(openat(place->outside, "planted", O_WRONLY | O_CREAT, 0600));
    REFUSE(unlinkat(place->outside, "file", 0));
    REFUSE(renameat(place->outside, "file", place->outside, "other"));
    REFUSE(openat(place->state, "../outside/file", O_RDONLY));
    REFUSE(syscall(SYS_execveat, open("/bin/sh", O_PATH), "", argv, argv, AT_EMPTY_PATH));
    return 0;
}

static int
try_duties(const Place *place)
{
    int pair[2];
    int fd;

    ALLOW(fd = openat(place->state, "heron.exit.new", O_WRONLY | O_CREAT | O_EXCL, 0600));
    ALLOW(write(fd, "{}", 2));
    ALLOW(fsync(fd));
    ALLOW(renameat(place->state, "heron.exit.new", place->state, "heron.exit"));
    ALLOW(unlinkat(place->state, "heron.exit", 0));
    ALLOW(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    ALLOW(open("/proc/meminfo", O_RDONLY));
    ALLOW(kill(getpid(), 0));
    if ((fd = fork()) == 0)
        _exit(EXIT_SUCCESS);
    ALLOW(fd);
    ALLOW(waitpid(fd, NULL, 0));
    return 0;
}

/* The line where the attempt went wrong, as the child's exit status. */
static void
run_confined(int (*attempt)(const Place *place))
{
    g_autofree char *directory = g_dir_make_tmp("confine-XXXXXX", NULL);
    g_autofree char *state = g_build_filename(directory, "state", NULL);
    g_autofree char *outside = g_build_filename(directory, "outside", NULL);
    g_autofree char *file = g_build_filename(outside, "file", NULL);
    g_autoptr(KeeperState) keeper = keeper_state_new();
    Place place;
    int status;
    pid_t child;

    g_assert_cmpint(mkdir(state, 0700), ==, 0);
    g_assert_cmpint(mkdir(outside, 0700), ==, 0);
    g_assert_true(g_file_set_contents(file, "x", 1, NULL));
    place.state = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    place.outside = open(outside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    keeper->state_directory = place.state;
    keeper->freezer = -1;
    if ((child = fork()) == 0)
        _exit(confine(keeper, NULL) ? attempt(&place) % 256 : 255);
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 0);
    close(place.state);
    close(place.outside);
    unlink(file);
    rmdir(state);
    rmdir(outside);
    rmdir(directory);
}

static void
test_calls(void)
{
    run_confined(try_calls);
}

static void
test_files(void)
{
    if (kernel_landlock_abi() < 1) {
        g_test_skip("this kernel has no Landlock");
        return;
    }
    run_confined(try_files);
}

static void
test_duties(void)
{
    run_confined(try_duties);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (geteuid() == 0) {
        g_test_add_func("/confine/calls that a keeper has no use for are refused", test_calls);
        g_test_add_func("/confine/files outside of the state directory are out of reach",
                        test_files);
        g_test_add_func("/confine/its duties go on", test_duties);
    }
    return g_test_run();
}
