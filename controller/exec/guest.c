/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding a guest by its keeper's socket, and joining its namespaces by init's pidfd. */
#include "controller/exec/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "controller/kernel.h"
#include "controller/wire/failure.h"
#include "controller/wire/message.h"
#include "controller/wire/sealed.h"

#define DEFINITION_SIZE_MAX (4 << 20)
#define ANSWER_SECONDS      10

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static const struct {
    const char *file; /* in /proc/PID/ns */
    int flag;
} kinds_of_namespaces[] = {
    { "user", CLONE_NEWUSER }, { "mnt", CLONE_NEWNS },        { "pid", CLONE_NEWPID },
    { "uts", CLONE_NEWUTS },   { "ipc", CLONE_NEWIPC },       { "net", CLONE_NEWNET },
    { "time", CLONE_NEWTIME }, { "cgroup", CLONE_NEWCGROUP },
};

static int
keeper_connect(const char *directory, const char *name, GError **error)
{
    g_auto(Fd) place = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    g_autofree char *path = NULL;
    g_auto(Fd) fd = -1;

    if (!*name || strchr(name, '/')) {
        fail(error, FAILURE_INVALID_ARG, "'%s' is not the name of a domain", name);
        return -1;
    }
    /* sun_path holds 107 bytes and a domain name may be longer: go through the directory */
    path = g_strdup_printf("/proc/self/fd/%d/%s.sock", place, name);
    if (place < 0 ||
        g_strlcpy(address.sun_path, path, sizeof(address.sun_path)) >= sizeof(address.sun_path)) {
        fail(error, FAILURE_SYSTEM, "cannot reach '%s.sock' in '%s'", name, directory);
        return -1;
    }
    if ((fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) < 0 ||
        connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        int saved = errno;

        if (saved == ENOENT || saved == ECONNREFUSED)
            fail(error, FAILURE_OPERATION_INVALID, "domain '%s' is not running", name);
        else
            fail_errno(error, saved, "cannot reach the controller of domain '%s'", name);
        return -1;
    }
    return fd_steal(&fd);
}

/* The reply to @method, and descriptor 0 that came with it. */
static Message *
keeper_ask(int keeper, const char *method, Fd *ret_fd, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + ANSWER_SECONDS * G_USEC_PER_SEC;
    g_autoptr(Message) call = message_new_call(method);
    g_autoptr(Message) reply = NULL;
    g_autoptr(GArray) fds = NULL;

    if (!message_send(keeper, call, NULL, 0, deadline, error))
        return NULL;
    do {
        g_clear_pointer(&reply, message_free);
        g_clear_pointer(&fds, g_array_unref);
        reply = message_receive(keeper, deadline, &fds, error);
    } while (reply && reply->event);
    if (!reply) {
        if (!*error)
            fail(error, FAILURE_OPERATION_INVALID, "the guest has just ended");
        return NULL;
    }
    if (!message_check(reply, error))
        return NULL;
    if ((*ret_fd = fds ? message_take_fd(fds, 0) : -1) < 0) {
        fail(error, FAILURE_INTERNAL, "the controller sent no descriptor with %s", method);
        return NULL;
    }
    return g_steal_pointer(&reply);
}

static bool
take_definition(Guest *guest, int keeper, GError **error)
{
    g_autoptr(Message) reply = NULL;
    g_autofree char *text = NULL;
    g_auto(Fd) definition = -1;
    size_t length;

    return (reply = keeper_ask(keeper, "GetDefinition", &definition, error)) &&
           (text = sealed_read(definition, DEFINITION_SIZE_MAX, &length, error)) &&
           (guest->container = container_from_json(text, length, error));
}

Guest *
guest_find(const char *directory, const char *name, GError **error)
{
    g_autoptr(Guest) guest = g_new0(Guest, 1);
    g_autoptr(Message) status = NULL;
    g_auto(Fd) keeper = -1;

    guest->name = g_strdup(name);
    guest->pidfd = -1;
    if ((keeper = keeper_connect(directory, name, error)) < 0 ||
        !(status = keeper_ask(keeper, "GetStatus", &guest->pidfd, error)) ||
        !take_definition(guest, keeper, error))
        return NULL;
    guest->pid = status->parameters->init_pid;
    guest->paused = g_strcmp0(status->parameters->state, "paused") == 0;
    if (guest->pid <= 1) {
        fail(error, FAILURE_INTERNAL, "the controller of domain '%s' does not name init", name);
        return NULL;
    }
    return g_steal_pointer(&guest);
}

void
guest_free(Guest *guest)
{
    if (!guest)
        return;
    g_free(guest->name);
    fd_close(&guest->pidfd);
    container_free(guest->container);
    g_free(guest);
}

bool
guest_is_alive(const Guest *guest)
{
    struct pollfd entry = { .fd = guest->pidfd, .events = POLLIN };

    return poll(&entry, 1, 0) == 0;
}

/* Which of @kinds the guest has of its own: to join one's own user namespace is an error. */
static bool
namespaces_differ(const Guest *guest, int kinds, int *ret_flags, GError **error)
{
    size_t i;

    *ret_flags = 0;
    for (i = 0; i < G_N_ELEMENTS(kinds_of_namespaces); i++) {
        g_autofree char *own = g_strconcat("/proc/self/ns/", kinds_of_namespaces[i].file, NULL);
        g_autofree char *theirs =
            g_strdup_printf("/proc/%d/ns/%s", guest->pid, kinds_of_namespaces[i].file);
        struct stat mine;
        struct stat other;

        if (!(kinds & kinds_of_namespaces[i].flag) || stat(own, &mine) < 0)
            continue;
        if (stat(theirs, &other) < 0)
            return fail_errno(error, errno, "cannot look at '%s'", theirs);
        if (mine.st_ino != other.st_ino)
            *ret_flags |= kinds_of_namespaces[i].flag;
    }
    return guest_is_alive(guest) || fail(error, FAILURE_OPERATION_INVALID,
                                         "the guest of domain '%s' has ended", guest->name);
}

bool
guest_join(const Guest *guest, int kinds, GError **error)
{
    int flags;

    if (!namespaces_differ(guest, kinds, &flags, error))
        return false;
    /* nothing in the guest may look into this process, which has been on the host */
    if (prctl(PR_SET_DUMPABLE, 0) < 0)
        return fail_errno(error, errno, "cannot become non-dumpable");
    if (flags && setns(guest->pidfd, flags) < 0)
        return fail_errno(error, errno, "cannot join the namespaces of domain '%s'", guest->name);
    if (!(flags & CLONE_NEWUSER))
        return true;
    if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
        return fail_errno(error, errno, "cannot become root of the user namespace");
    prctl(PR_SET_DUMPABLE, 0);
    return true;
}
