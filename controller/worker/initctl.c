/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes into the FIFO of a System V style init, found below the guest's root and nowhere else. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "controller/kernel.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"
#include "controller/worker/worker.h"

/* In the order in which programs look for it. */
static const char *const fifo_paths[] = { "/run/initctl", "/dev/initctl", "/etc/.initctl" };

#define INITCTL_MAGIC     0x03091969
#define INITCTL_RUN_LEVEL 1

/* The request as init reads it: four numbers, and room for what other commands need. */
typedef struct {
    int32_t magic;
    int32_t command;
    int32_t run_level;
    int32_t sleep_time;
    char data[368];
} InitctlRequest;

G_STATIC_ASSERT(sizeof(InitctlRequest) == 384);

/* The pid behind @pidfd as this process sees it; -1 for a process that is gone. */
static pid_t
pid_of(int pidfd)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fdinfo/%d", pidfd);
    g_autofree char *text = NULL;
    const char *line;

    if (!g_file_get_contents(path, &text, NULL, NULL) || !(line = strstr(text, "\nPid:")))
        return -1;
    return atoi(line + strlen("\nPid:"));
}

static int
open_guest_root(int pidfd, GError **error)
{
    pid_t pid = pid_of(pidfd);
    g_autofree char *path = g_strdup_printf("/proc/%d/root", pid);
    g_auto(Fd) root = pid > 0 ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

    /* alive after the root was opened: then the pid was not another process's */
    if (root < 0 || kernel_pidfd_send_signal(pidfd, 0) < 0) {
        fail(error, FAILURE_OPERATION_INVALID, "the guest's init has ended");
        return -1;
    }
    return fd_steal(&root);
}

/* A guest may share directories with the host: its FIFO is not the host's. */
static bool
is_host_file(const char *path, const struct stat *status)
{
    struct stat host;

    return stat(path, &host) == 0 && host.st_dev == status->st_dev && host.st_ino == status->st_ino;
}

/* A writable descriptor of the FIFO at @path; -1 when there is none, or nobody reads it. */
static int
open_fifo(int root, const char *path)
{
    g_auto(Fd) place =
        kernel_openat2(root, path, O_PATH | O_CLOEXEC, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
    g_autofree char *again = g_strdup_printf("/proc/self/fd/%d", place);
    struct stat status;

    if (place < 0 || fstat(place, &status) < 0 || !S_ISFIFO(status.st_mode) ||
        is_host_file(path, &status))
        return -1;
    return open(again, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

bool
initctl_request(Request *request, GError **error)
{
    InitctlRequest packet = { INITCTL_MAGIC, INITCTL_RUN_LEVEL, 0, 0, "" };
    const char *level = request->arguments[0];
    g_auto(Fd) pidfd = message_take_fd(request->fds, 0);
    g_auto(Fd) root = -1;
    size_t i;

    if (!level || strlen(level) != 1 || !strchr("06", level[0]))
        return fail(error, FAILURE_INVALID_ARG, "run level '%s' is neither 0 nor 6",
                    level ? level : "");
    packet.run_level = level[0];
    if ((root = open_guest_root(pidfd, error)) < 0)
        return false;
    for (i = 0; i < G_N_ELEMENTS(fifo_paths); i++) {
        g_auto(Fd) fifo = open_fifo(root, fifo_paths[i]);

        if (fifo < 0)
            continue;
        if (write(fifo, &packet, sizeof(packet)) != sizeof(packet))
            return fail_errno(error, errno, "cannot write to '%s' of the container", fifo_paths[i]);
        return true;
    }
    return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                "the container has no initctl that its init reads (/run/initctl, /dev/initctl, "
                "/etc/.initctl)");
}
