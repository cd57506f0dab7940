/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files in the state directory: NAME.pid and NAME.sock. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "controller/launcher/steps.h"
#include "controller/wire/failure.h"

#define LISTEN_BACKLOG 16

static char *
state_file(const Launch *launch, const char *suffix)
{
    return g_strconcat(launch->container->caisson->name, suffix, NULL);
}

/* A name nobody else uses, for what is renamed when it is complete. */
static char *
state_file_fresh(const char *suffix)
{
    return g_strdup_printf(".%d%s", getpid(), suffix);
}

static bool
state_rename(const Launch *launch, const char *fresh, const char *suffix, GError **error)
{
    g_autofree char *name = state_file(launch, suffix);

    if (renameat(launch->state_directory, fresh, launch->state_directory, name) < 0) {
        int saved = errno;

        unlinkat(launch->state_directory, fresh, 0);
        return fail_errno(error, saved, "cannot create '%s/%s'",
                          launch->container->caisson->state_directory, name);
    }
    return true;
}

static bool
pid_file_create(Launch *launch, GError **error)
{
    g_autofree char *fresh = state_file_fresh(".pid");
    g_auto(Fd) fd = openat(launch->state_directory, fresh,
                           O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);

    if (fd < 0 || dprintf(fd, "%d\n", getpid()) < 0)
        return fail_errno(error, errno, "cannot write the pid file in '%s'",
                          launch->container->caisson->state_directory);
    return state_rename(launch, fresh, ".pid", error);
}

/*
 * The socket is bound under a short name and through the directory's descriptor: the name of a
 * domain may be longer than what a socket address takes.
 */
static bool
socket_create(Launch *launch, GError **error)
{
    g_autofree char *fresh = state_file_fresh(".sock");
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    mode_t mask;
    int bound;

    /* the keeper accepts until there is nobody left */
    launch->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (launch->listener < 0)
        return fail_errno(error, errno, "cannot create a socket");
    g_snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s",
               launch->state_directory, fresh);
    mask = umask(0177);
    bound = bind(launch->listener, (struct sockaddr *)&address, sizeof(address));
    umask(mask);
    if (bound < 0 || listen(launch->listener, LISTEN_BACKLOG) < 0)
        return fail_errno(error, errno, "cannot listen on a socket in '%s'",
                          launch->container->caisson->state_directory);
    return state_rename(launch, fresh, ".sock", error);
}

bool
state_create(Launch *launch, GError **error)
{
    const char *directory = launch->container->caisson->state_directory;

    launch->state_directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (launch->state_directory < 0)
        return fail_errno(error, errno, "cannot open the state directory '%s'", directory);
    return pid_file_create(launch, error) && socket_create(launch, error);
}

void
state_remove(Launch *launch)
{
    g_autofree char *pid_file = state_file(launch, ".pid");
    g_autofree char *socket_file = state_file(launch, ".sock");
    g_autofree char *fresh_pid_file = state_file_fresh(".pid");
    g_autofree char *fresh_socket_file = state_file_fresh(".sock");

    if (launch->state_directory < 0)
        return;
    unlinkat(launch->state_directory, fresh_pid_file, 0);
    unlinkat(launch->state_directory, fresh_socket_file, 0);
    unlinkat(launch->state_directory, pid_file, 0);
    unlinkat(launch->state_directory, socket_file, 0);
}
