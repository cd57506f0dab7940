/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt_lxc_agent: answers the guest-agent protocol for one guest, from the host. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"
#include "controller/agent/agent.h"
#include "controller/launcher/self.h"
#include "controller/wire/failure.h"
#include "controller/wire/message.h"
#include "controller/wire/sealed.h"

#define STATE_DIRECTORY RUNSTATEDIR "/lxc"
#define LISTENER_FD     3
#define IDLE_SECONDS    600

typedef struct {
    const char *name;
    int idle;
} Arguments;

static void
print_usage(FILE *stream)
{
    fprintf(stream,
            "Usage: libvirt_lxc_agent --name NAME [--idle SECONDS]\n"
            "\n"
            "Answers the QEMU guest-agent protocol for the running container NAME. It is run by\n"
            "libvirt's LXC driver, whose socket is descriptor 3; there is nothing to do by hand.\n"
            "\n"
            "  --name NAME     name of the domain\n"
            "  --idle SECONDS  ends when it was not asked for so long (600)\n"
            "  --help          print this and exit\n"
            "  --version       print the version and exit\n");
}

static void
arguments_parse(int argc, char **argv, Arguments *arguments)
{
    static const struct option options[] = {
        { "name", required_argument, NULL, 'n' },
        { "idle", required_argument, NULL, 'i' },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'V' },
        { NULL },
    };
    int option;

    *arguments = (Arguments){ NULL, IDLE_SECONDS };
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'n':
            arguments->name = optarg;
            break;
        case 'i':
            arguments->idle = MAX(1, atoi(optarg));
            break;
        case 'h':
            print_usage(stdout);
            exit(EXIT_SUCCESS);
        case 'V':
            printf("libvirt_lxc_agent (Caisson) %s\n", CAISSON_VERSION);
            exit(EXIT_SUCCESS);
        default:
            print_usage(stderr);
            exit(EXIT_FAILURE);
        }
    }
    if (!arguments->name || optind < argc) {
        print_usage(stderr);
        exit(EXIT_FAILURE);
    }
}

static bool
peer_is_root(int fd)
{
    struct ucred peer;
    socklen_t length = sizeof(peer);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == 0;
}

static gboolean
connection_ready(gint fd, GIOCondition condition, gpointer data)
{
    Agent *agent = data;
    g_autoptr(GArray) fds = NULL;
    g_autoptr(Message) call = message_receive(fd, 0, &fds, NULL);
    g_auto(Fd) sealed = call && fds ? message_take_fd(fds, 0) : -1;
    g_autofree char *text = NULL;
    size_t length;

    if (sealed >= 0 && (text = sealed_read(sealed, AGENT_TEXT_MAX, &length, NULL)))
        agent_answer(agent, fd, text, length);
    else
        close(fd);
    return G_SOURCE_REMOVE;
}

static gboolean
listener_ready(gint listener, GIOCondition condition, gpointer data)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return G_SOURCE_CONTINUE;
    if (peer_is_root(fd))
        g_unix_fd_add(fd, G_IO_IN | G_IO_HUP, connection_ready, data);
    else
        close(fd);
    return G_SOURCE_CONTINUE;
}

static gboolean
signal_ready(gint signals, GIOCondition condition, gpointer data)
{
    Agent *agent = data;
    struct signalfd_siginfo info;
    int status;
    pid_t pid;

    if (read(signals, &info, sizeof(info)) == sizeof(info) && info.ssi_signo != SIGCHLD) {
        g_main_loop_quit(agent->loop);
        return G_SOURCE_REMOVE;
    }
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (!agent_query_ended(agent, pid, status))
            agent_child_ended(agent, pid, status);
    }
    if (agent->statuses && !(agent->queries && g_hash_table_size(agent->queries)))
        g_hash_table_remove_all(agent->statuses);
    return G_SOURCE_CONTINUE;
}

static gboolean
guest_ended(gint pidfd, GIOCondition condition, gpointer data)
{
    g_main_loop_quit(((Agent *)data)->loop);
    return G_SOURCE_REMOVE;
}

typedef struct {
    Agent *agent;
    gint64 patience; /* microseconds */
} Idleness;

static gboolean
look_for_work(gpointer data)
{
    const Idleness *idleness = data;

    if (!agent_is_idle(idleness->agent) ||
        g_get_monotonic_time() - idleness->agent->used < idleness->patience)
        return G_SOURCE_CONTINUE;
    g_main_loop_quit(idleness->agent->loop);
    return G_SOURCE_REMOVE;
}

static int
open_signals(void)
{
    sigset_t set;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
close_at(gpointer fd)
{
    fd_close(fd);
}

/* The socket's name goes first: who comes later starts another agent, who came before is served. */
static void
agent_end(Agent *agent)
{
    g_autofree char *path = g_strdup_printf(STATE_DIRECTORY "/%s.agent", agent->guest->name);

    unlink(path);
    while (guest_is_alive(agent->guest) && g_main_context_iteration(NULL, FALSE))
        ;
    agent_thaw(agent);
}

static bool
agent_run(Agent *agent, const Arguments *arguments, GError **error)
{
    Idleness idleness = { agent, arguments->idle * G_USEC_PER_SEC };
    g_auto(Fd) signals = open_signals();

    if (signals < 0 || fcntl(LISTENER_FD, F_SETFD, FD_CLOEXEC) < 0)
        return fail_errno(error, errno, "cannot prepare to listen");
    fcntl(LISTENER_FD, F_SETFL, O_NONBLOCK);
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_NAME, "libvirt_lxc_age");
    if (!(agent->guest = guest_find(STATE_DIRECTORY, arguments->name, error)))
        return false;
    agent->loop = g_main_loop_new(NULL, FALSE);
    agent->frozen = g_array_new(FALSE, FALSE, sizeof(Fd));
    g_array_set_clear_func(agent->frozen, close_at);
    agent->used = g_get_monotonic_time();
    g_unix_fd_add(LISTENER_FD, G_IO_IN, listener_ready, agent);
    g_unix_fd_add(signals, G_IO_IN, signal_ready, agent);
    g_unix_fd_add(agent->guest->pidfd, G_IO_IN, guest_ended, agent);
    g_timeout_add_seconds(1, look_for_work, &idleness);
    g_main_loop_run(agent->loop);
    agent_end(agent);
    return true;
}

/* So that the daemon need not wait for our end, which may be long after its own. */
static bool
leave_parent(GError **error)
{
    pid_t pid = fork();

    if (pid > 0)
        _exit(EXIT_SUCCESS);
    return pid == 0 || fail_errno(error, errno, "cannot leave the daemon");
}

int
main(int argc, char **argv)
{
    static Agent agent = { .listener = LISTENER_FD, .home = -1 };
    g_autofree char *directory = NULL;
    g_autoptr(GError) error = NULL;
    Arguments arguments;

    /* as in the launcher: no character set tables are loaded */
    g_setenv("CHARSET", "UTF-8", TRUE);
    arguments_parse(argc, argv, &arguments);
    if (!(directory = self_protect(argv, &error)) || !leave_parent(&error) ||
        !agent_run(&agent, &arguments, &error)) {
        fprintf(stderr, "libvirt_lxc_agent: %s\n", error->message);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
