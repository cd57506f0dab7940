/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* posix_spawn() of the controller's programs, and pidfds to follow them. */
#include "driver/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/wire/failure.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static char **
spawn_environment(void)
{
    const char *path = g_getenv("PATH");
    static const char *const passed[] = { "LIBVIRT_LXC_TRACE", "DBUS_SYSTEM_BUS_ADDRESS", NULL };
    char **environment = g_environ_setenv(NULL, "PATH", path ? path : DEFAULT_PATH, TRUE);
    size_t i;

    for (i = 0; passed[i]; i++) {
        if (g_getenv(passed[i]))
            environment = g_environ_setenv(environment, passed[i], g_getenv(passed[i]), TRUE);
    }
    return environment;
}

static int
prepare_descriptors(posix_spawn_file_actions_t *actions, int control, int log)
{
    int result = posix_spawn_file_actions_init(actions);

    if (result == 0)
        result = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (result == 0 && log >= 0)
        result = posix_spawn_file_actions_adddup2(actions, log, STDERR_FILENO);
    if (result == 0)
        result = posix_spawn_file_actions_adddup2(actions, STDERR_FILENO, STDOUT_FILENO);
    if (result == 0)
        result = posix_spawn_file_actions_adddup2(actions, control, SPAWN_CONTROL_FD);
    if (result == 0)
        result = posix_spawn_file_actions_addclosefrom_np(actions, SPAWN_CONTROL_FD + 1);
    return result;
}

bool
spawn_program(const char *const *argv, int control, int log, pid_t *ret_pid, GError **error)
{
    g_auto(GStrv) environment = spawn_environment();
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t signals;
    pid_t pid;
    int result;

    if ((result = prepare_descriptors(&actions, control, log)) != 0 ||
        (result = posix_spawnattr_init(&attributes)) != 0)
        return fail_errno(error, result, "cannot prepare '%s'", argv[0]);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
    result = posix_spawn(&pid, argv[0], &actions, &attributes, (char *const *)argv, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (result != 0)
        return fail_errno(error, result, "cannot execute '%s'", argv[0]);
    *ret_pid = pid;
    return true;
}

bool
spawn_is_same_file(const char *path, const struct stat *file)
{
    struct stat present;

    return stat(path, &present) == 0 && present.st_dev == file->st_dev &&
           present.st_ino == file->st_ino && present.st_mtim.tv_sec == file->st_mtim.tv_sec &&
           present.st_mtim.tv_nsec == file->st_mtim.tv_nsec;
}

void
spawn_reap(int pidfd)
{
    siginfo_t info;

    if (pidfd >= 0)
        waitid(P_PIDFD, pidfd, &info, WEXITED | WNOHANG);
}

bool
spawn_wait(int pidfd, gint64 deadline)
{
    struct pollfd poller = { .fd = pidfd, .events = POLLIN };

    for (;;) {
        gint64 left = deadline - g_get_monotonic_time();
        int ready = poll(&poller, 1, left > 0 ? (int)((left + 999) / 1000) : 0);

        if (ready > 0)
            return true;
        if (ready == 0 && left <= 0)
            return false;
        if (ready < 0 && errno != EINTR)
            return false;
    }
}

int
spawn_pidfd(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

void
spawn_kill(int pidfd)
{
    syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
}
