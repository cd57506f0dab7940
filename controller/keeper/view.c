/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting the server of the view when the guest reads it, and anew. */
#include "controller/keeper/view.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "controller/keeper/log.h"
#include "controller/wire/view.h"

/* One that dies at once is started ever more rarely, but always again: somebody may wait for it. */
#define PAUSE_FIRST (10 * 1000)
#define PAUSE_LAST  (5 * G_USEC_PER_SEC)
#define WELL        (10 * G_USEC_PER_SEC) /* whoever lived that long dies for a new reason */

G_NORETURN static void
become_server(const KeeperView *view)
{
    static char *const no_environment[] = { NULL };
    char *argv[] = { (char *)"libvirt_lxc_view", NULL };
    int first = VIEW_CONNECTION_FD + VIEW_DESCRIPTORS + 1;
    sigset_t none;
    int moved[VIEW_DESCRIPTORS + 1];
    int i;

    for (i = 0; i < VIEW_DESCRIPTORS; i++) {
        const KeeperDescriptor *descriptor = view->descriptors->pdata[i];

        /* what the host does not have: /dev/null, as descriptor 0 */
        moved[i] =
            fcntl(descriptor->fd >= 0 ? (int)descriptor->fd : STDIN_FILENO, F_DUPFD_CLOEXEC, first);
    }
    moved[VIEW_DESCRIPTORS] = fcntl((int)view->program, F_DUPFD_CLOEXEC, first);
    for (i = 0; i <= VIEW_DESCRIPTORS; i++)
        dup3(moved[i], VIEW_CONNECTION_FD + i, i == VIEW_DESCRIPTORS ? O_CLOEXEC : 0);
    close_range(first, ~0U, 0);
    signal(SIGHUP, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execveat(VIEW_CONNECTION_FD + VIEW_DESCRIPTORS, "", argv, no_environment, AT_EMPTY_PATH);
    _exit(EXIT_FAILURE);
}

static void
view_start(void *data)
{
    Keeper *keeper = data;

    keeper->view_timer.due = 0;
    keeper->view_started = g_get_monotonic_time();
    if ((keeper->view_pid = fork()) == 0)
        become_server(keeper->state->view);
    if (keeper->view_pid < 0) {
        log_line("cannot start the server of the view: %s", g_strerror(errno));
        keeper->view_timer.due = keeper->view_started + PAUSE_LAST;
    }
}

/* Nobody serves a guest that does not look. Without EPOLLIN the guest has nothing mounted any more.
 */
static void
view_asked(Source *source, uint32_t events)
{
    Keeper *keeper = keeper_of_source(source, offsetof(Keeper, view_source));

    loop_forget(&keeper->loop, source);
    source->fd = -1;
    if (events & EPOLLIN)
        view_start(keeper);
}

void
view_child_ended(Keeper *keeper, pid_t pid, bool by_itself)
{
    gint64 now = g_get_monotonic_time();

    if (!keeper->state->view || pid != keeper->view_pid)
        return;
    keeper->view_pid = -1;
    /* it ends by itself when the guest has nothing mounted any more */
    if (by_itself || keeper->phase == PHASE_DYING)
        return;
    if (now - keeper->view_started > WELL)
        keeper->view_pause = PAUSE_FIRST;
    log_line("the server of the view of /proc has died; it is started again");
    keeper->view_timer.due = now + keeper->view_pause;
    keeper->view_pause = MIN(keeper->view_pause * 2, PAUSE_LAST);
}

void
view_init(Keeper *keeper)
{
    KeeperView *view = keeper->state->view;
    g_autoptr(GError) error = NULL;
    guint i;

    keeper->view_source = (Source){ .fd = -1, .ready = view_asked };
    keeper->view_pid = -1;
    if (!view)
        return;
    fcntl((int)view->program, F_SETFD, FD_CLOEXEC);
    for (i = 0; i < view->descriptors->len; i++) {
        const KeeperDescriptor *descriptor = view->descriptors->pdata[i];

        if (descriptor->fd >= 0)
            fcntl((int)descriptor->fd, F_SETFD, FD_CLOEXEC);
    }
    keeper->view_started = g_get_monotonic_time();
    keeper->view_pause = PAUSE_FIRST;
    keeper->view_timer = (Timer){ .expired = view_start, .data = keeper };
    loop_add_timer(&keeper->loop, &keeper->view_timer);

    keeper->view_source.fd = (int)((const KeeperDescriptor *)view->descriptors->pdata[0])->fd;
    if (!view->asked && loop_watch(&keeper->loop, &keeper->view_source, EPOLLIN, &error))
        return;
    keeper->view_source.fd = -1;
    if (error)
        log_line("%s", error->message);
    view_start(keeper);
}

void
view_end(Keeper *keeper)
{
    KeeperView *view = keeper->state->view;
    KeeperDescriptor *connection;

    if (!view)
        return;
    keeper->view_timer.due = 0;
    if (keeper->view_source.fd >= 0)
        loop_forget(&keeper->loop, &keeper->view_source);
    if (keeper->view_pid > 0)
        kill(keeper->view_pid, SIGKILL);
    connection = view->descriptors->pdata[0];
    if (connection->fd >= 0)
        close((int)connection->fd);
    connection->fd = -1;
}
