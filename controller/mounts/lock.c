/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel locks attributes where a mount namespace is copied for a user namespace of less power,
 * and copies of mounts keep the locks. So one is made, by a process that then hands out what it
 * got.
 */
#include "controller/mounts/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"
#include "controller/wire/message.h"

#define ANSWER_SECONDS 10

/* Where the process puts the tree in a mount namespace of its own; both are everywhere. */
#define PLACE_OF_DIRECTORY "/proc"
#define PLACE_OF_FILE      "/proc/version"

static int
copy_locked(int tree, int user_namespace, GError **error)
{
    struct stat status;
    const char *place;
    int copy;

    if (fstat(tree, &status) < 0) {
        fail_errno(error, errno, "cannot examine the mount");
        return -1;
    }
    place = S_ISDIR(status.st_mode) ? PLACE_OF_DIRECTORY : PLACE_OF_FILE;
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        move_mount(tree, "", AT_FDCWD, place, MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
        setns(user_namespace, CLONE_NEWUSER) < 0 || unshare(CLONE_NEWNS) < 0) {
        fail_errno(error, errno, "cannot make a mount namespace to lock the mount in");
        return -1;
    }
    copy = open_tree(AT_FDCWD, place, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (copy < 0)
        fail_errno(error, errno, "cannot copy the locked mount");
    return copy;
}

static gint64
deadline(void)
{
    return g_get_monotonic_time() + ANSWER_SECONDS * G_USEC_PER_SEC;
}

G_NORETURN static void
answer(int socket, int tree, int user_namespace)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Message) reply = NULL;
    int copy;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    copy = copy_locked(tree, user_namespace, &error);
    reply = copy < 0 ? message_new_error(error) : message_new_reply();
    message_send(socket, reply, &copy, copy >= 0, deadline(), NULL);
    _exit(EXIT_SUCCESS);
}

static int
receive(int socket, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_autoptr(GArray) fds = NULL;
    g_autoptr(Message) reply = message_receive(socket, deadline(), &fds, &local);

    if (!reply) {
        fail(error, FAILURE_SYSTEM, "cannot lock the mount: %s",
             local ? local->message : "its process has ended");
        return -1;
    }
    return message_check(reply, error) ? message_take_fd(fds, 0) : -1;
}

int
lock_attributes(int tree, int user_namespace, GError **error)
{
    g_auto(Fd) mine = -1;
    g_auto(Fd) theirs = -1;
    int pair[2];
    pid_t pid;
    int copy;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        fail_errno(error, errno, "cannot create a socket pair");
        return -1;
    }
    mine = pair[0];
    theirs = pair[1];
    if ((pid = fork()) < 0) {
        fail_errno(error, errno, "cannot create a process to lock the mount");
        return -1;
    }
    if (pid == 0)
        answer(theirs, tree, user_namespace);
    fd_close(&theirs);
    copy = receive(mine, error);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return copy;
}
