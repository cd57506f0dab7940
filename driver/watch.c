/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The thread that waits for guests to end. */
#include "driver/watch.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "controller/wire/failure.h"
#include "controller/wire/message.h"
#include "driver/abi/log.h"
#include "driver/ending.h"
#include "driver/events.h"

typedef struct {
    Domain *domain;
    pid_t pid;
    Fd fd;
    bool has_socket;
} Watch;

static int watch_epoll = -1;

static void
watch_finish(Watch *watch, MessageParameters *ended)
{
    epoll_ctl(watch_epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    fd_close(&watch->fd);
    ending_guest_ended(watch->domain, watch->pid, ended);
    domain_unref(watch->domain);
    g_free(watch);
}

static void
note_shortage(Domain *domain, int64_t kills)
{
    log_warning("domain '%s' ran out of memory: the kernel killed in it (%d times); give it more "
                "(virsh setmem, memtune), or less to do",
                domain->name, (int)kills);
    event_memory_failure(domain);
}

static void
watch_dispatch(Watch *watch)
{
    g_autoptr(Message) message = NULL;
    g_autoptr(GError) error = NULL;

    if (watch->has_socket) {
        message = message_receive(watch->fd, 0, NULL, &error);
        if (!message && g_error_matches(error, FAILURE, FAILURE_OPERATION_TIMEOUT))
            return;
        if (message && g_strcmp0(message->event, "out-of-memory") == 0)
            note_shortage(watch->domain, message->parameters->kills);
        if (message && g_strcmp0(message->event, "ready") == 0)
            event_agent(watch->domain, VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED,
                        VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_CHANNEL);
        if (message && g_strcmp0(message->event, "exited") != 0)
            return;
    }
    watch_finish(watch, message ? message->parameters : NULL);
}

static gpointer
watch_run(gpointer opaque)
{
    struct epoll_event events[32];
    int i;

    for (;;) {
        int n = epoll_wait(watch_epoll, events, G_N_ELEMENTS(events), -1);

        for (i = 0; i < n; i++)
            watch_dispatch(events[i].data.ptr);
        if (n < 0 && errno != EINTR)
            return NULL;
    }
}

bool
watch_init(GError **error)
{
    sigset_t all;
    sigset_t before;

    if (watch_epoll >= 0)
        return true;
    if ((watch_epoll = epoll_create1(EPOLL_CLOEXEC)) < 0)
        return fail_errno(error, errno, "cannot watch guests");
    /* libvirtd's signals must be delivered to its own threads */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    g_thread_unref(g_thread_new("lxc-watch", watch_run, NULL));
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return true;
}

void
watch_guest(Domain *domain, pid_t pid, int socket, int pidfd)
{
    Watch *watch = g_new0(Watch, 1);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = watch };

    watch->domain = domain_ref(domain);
    watch->pid = pid;
    watch->has_socket = socket >= 0;
    watch->fd = watch->has_socket ? socket : pidfd;
    if (watch->has_socket)
        fd_close(&pidfd);
    if (epoll_ctl(watch_epoll, EPOLL_CTL_ADD, watch->fd, &event) < 0)
        watch_finish(watch, NULL);
}
