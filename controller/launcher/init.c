/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The last step inside the container, and the launcher's side of it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "controller/launcher/control.h"
#include "controller/mounts/place.h"
#include "controller/launcher/steps.h"
#include "controller/launcher/sync.h"
#include "controller/wire/failure.h"

static bool
enter_directory(const Launch *launch, GError **error)
{
    const char *cwd = launch->container->process->cwd;
    g_auto(Fd) directory = -1;
    char path[4096];

    if (!cwd)
        cwd = "/";
    directory = place_open(launch->root, cwd, O_PATH | O_DIRECTORY, error);
    if (directory < 0)
        return false;
    if (fchdir(directory) < 0)
        return fail_errno(error, errno, "cannot enter the directory '%s'", cwd);
    /* the system call and not getcwd(3): it tells a directory outside of the root apart */
    if (syscall(SYS_getcwd, path, sizeof(path)) < 0 || path[0] != '/')
        return fail(error, FAILURE_SYSTEM, "the directory '%s' is not inside the container", cwd);
    return true;
}

bool
init_wait(Launch *launch, GError **error)
{
    if (setsid() < 0)
        return fail_errno(error, errno, "cannot start a session");
    return enter_directory(launch, error) && sync_send(launch->sync, SYNC_READY, error) &&
           sync_await(launch->sync, SYNC_GO, error);
}

/* As self.c does for our own program: process 1 must not be a way to a file of the host's. */
bool
init_prepare(Launch *launch, GError **error)
{
    struct mount_attr attributes = { .attr_set = MOUNT_ATTR_RDONLY, .propagation = MS_PRIVATE };
    g_autofree char *program =
        g_build_filename(launch->program_directory, "libvirt_lxc_reaper", NULL);

    if (!launch->container->caisson->reaper)
        return true;
    launch->reaper = open_tree(AT_FDCWD, program, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (launch->reaper < 0 ||
        mount_setattr(launch->reaper, "", AT_EMPTY_PATH, &attributes, sizeof(attributes)) < 0)
        return fail_errno(error, errno, "cannot open '%s'", program);
    return true;
}

/* The passed descriptors become 3, 4, …; everything else is moved out of their way first. */
static bool
arrange_descriptors(Launch *launch, GError **error)
{
    const Terminal *first = g_ptr_array_index(launch->terminals, 0);
    int free_from = STDERR_FILENO + 1 + launch->passed->len;
    int slave = fcntl(first->slave, F_DUPFD_CLOEXEC, free_from);
    guint i;
    int fd;

    launch->sync = fcntl(launch->sync, F_DUPFD_CLOEXEC, free_from);
    if (launch->reaper >= 0)
        launch->reaper = fcntl(launch->reaper, F_DUPFD_CLOEXEC, free_from);
    if (slave < 0 || launch->sync < 0)
        return fail_errno(error, errno, "cannot arrange descriptors");
    for (i = 0; i < launch->passed->len; i++) {
        int *passed = &g_array_index(launch->passed, int, i);

        if ((*passed = fcntl(*passed, F_DUPFD_CLOEXEC, free_from)) < 0)
            return fail_errno(error, errno, "cannot arrange descriptors");
    }
    for (i = 0; i < launch->passed->len; i++) {
        if (dup2(g_array_index(launch->passed, int, i), STDERR_FILENO + 1 + i) < 0)
            return fail_errno(error, errno, "cannot arrange descriptors");
    }
    for (fd = 0; fd <= STDERR_FILENO; fd++) {
        if (dup2(slave, fd) < 0)
            return fail_errno(error, errno, "cannot connect the console");
    }
    return true;
}

static bool
set_personality(const Launch *launch, GError **error)
{
    const ContainerPersonality *wanted = launch->container->os->personality;

    if (!wanted || g_str_equal(wanted->domain, "LINUX"))
        return true;
    if (!g_str_equal(wanted->domain, "LINUX32"))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED, "unknown personality '%s'", wanted->domain);
    if (personality(PER_LINUX32) < 0)
        return fail_errno(error, errno, "cannot become a 32-bit process");
    return true;
}

/* When a guest that was started suspended goes on at last, nobody listens any more. */
static bool
announce(const Launch *launch, GError **error)
{
    return launch->container->caisson->paused || sync_send(launch->sync, SYNC_EXECUTING, error);
}

/* A name without a slash, as images have it, is looked up in the PATH that init will have. */
static void
execute(const ContainerProcess *process, char *const *environment)
{
    const char *path = g_environ_getenv((char **)environment, "PATH");
    g_auto(GStrv) directories = g_strsplit(path ? path : "", ":", -1);
    int errnum = ENOENT;
    char **directory;

    if (strchr(process->args[0], '/')) {
        execve(process->args[0], process->args, environment);
        return;
    }
    for (directory = directories; *directory; directory++) {
        g_autofree char *file = g_strconcat(*directory, "/", process->args[0], NULL);

        execve(file, process->args, environment);
        if (errno != ENOENT && errno != ENOTDIR)
            errnum = errno;
    }
    errno = errnum;
}

/*
 * Init becomes a child, and the process that was to be init takes in orphans. The child reports the
 * end of the start: this process holds the socket, too, until it executes.
 */
static bool
split(const Launch *launch, GError **error)
{
    static char *const no_environment[] = { NULL };
    char number[16];
    char *argv[] = { (char *)"reaper", number, NULL };
    pid_t child;

    if (launch->reaper < 0)
        return true;
    if ((child = fork()) < 0)
        return fail_errno(error, errno, "cannot create the process of init");
    if (child == 0)
        return setsid() >= 0 || fail_errno(error, errno, "cannot start a session");
    g_snprintf(number, sizeof(number), "%d", child);
    close_range(STDERR_FILENO + 1, STDERR_FILENO + launch->passed->len, 0);
    execveat(launch->reaper, "", argv, no_environment, AT_EMPTY_PATH);
    _exit(EXIT_FAILURE);
}

bool
init_execute(Launch *launch, GError **error)
{
    static char *const no_environment[] = { NULL };
    const ContainerProcess *process = launch->container->process;

    if (!set_personality(launch, error) || !label_take(launch, error) ||
        !arrange_descriptors(launch, error) || !split(launch, error) || !announce(launch, error))
        return false;
    execute(process, process->env ? process->env : no_environment);
    return fail_errno(error, errno, "cannot execute '%s'", process->args[0]);
}

static bool
fail_init(Launch *launch, SyncKind kind, GError **error)
{
    if (kind == SYNC_ERROR) {
        launch->named = true; /* by the step in the container that failed */
        return false;
    }
    return fail(error, FAILURE_START,
                kind == SYNC_END ? "the process of init died before it could run" : "out of step");
}

void
init_explain(Launch *launch, GError **error)
{
    struct pollfd watch = { .fd = launch->sync, .events = POLLIN };
    g_autoptr(GError) theirs = NULL;

    while (!theirs && poll(&watch, 1, 0) > 0 && sync_receive(launch->sync, &theirs) != SYNC_END)
        continue;
    if (!theirs)
        return;
    g_clear_error(error);
    g_propagate_error(error, g_steal_pointer(&theirs));
}

bool
init_await_ready(Launch *launch, GError **error)
{
    SyncKind kind;

    if (!control_await_init(launch, error))
        return false;
    kind = sync_receive(launch->sync, error);
    return kind == SYNC_READY || fail_init(launch, kind, error);
}

bool
init_release(Launch *launch, GError **error)
{
    return sync_send(launch->sync, SYNC_GO, error);
}

bool
init_confirm(Launch *launch, GError **error)
{
    bool executing = false;
    SyncKind kind;

    /* a suspended init runs when it is resumed, and reports to nobody then */
    if (launch->container->caisson->paused)
        return true;
    for (;;) {
        if (!control_await_init(launch, error))
            return false;
        kind = sync_receive(launch->sync, error);
        if (kind == SYNC_END && executing)
            return true;
        if (kind != SYNC_EXECUTING)
            return fail_init(launch, kind, error);
        executing = true;
    }
}
