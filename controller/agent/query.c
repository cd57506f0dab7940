/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the text of a call to the text of its answer, most of it in a process that may hang. */
#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller/agent/agent.h"
#include "controller/kernel.h"
#include "controller/wire/failure.h"
#include "controller/wire/message.h"
#include "controller/wire/sealed.h"

#define SEND_SECONDS 10

typedef struct {
    Agent *agent;
    pid_t pid;
    Fd pidfd;
    Fd connection;
    Fd home;
    guint home_watch;
    guint timer;
    const AgentCommand *command;
    bool late;
} Query;

static gint64
soon(void)
{
    return g_get_monotonic_time() + SEND_SECONDS * G_USEC_PER_SEC;
}

static void
send_text(int connection, const char *text)
{
    g_autoptr(Message) message = message_new_reply();
    g_auto(Fd) sealed = sealed_new("agent-reply", text, strlen(text), NULL);

    if (sealed >= 0)
        message_send(connection, message, &sealed, 1, soon(), NULL);
}

static void
send_error(int connection, const char *class, const char *description)
{
    g_autofree char *text = agent_reply_error(class, description);

    send_text(connection, text);
}

static bool
names_have(const char *names, const char *name)
{
    g_auto(GStrv) words = g_strsplit(names ? names : "", " ", -1);

    return g_strv_contains((const char *const *)words, name);
}

/* As the protocol's own implementation says it. */
static bool
check_arguments(const AgentCommand *command, char *const *given, GError **error)
{
    g_auto(GStrv) needed = g_strsplit(command->needs ? command->needs : "", " ", -1);
    char *const *name;

    for (name = given; *name; name++) {
        if (!names_have(command->needs, *name) && !names_have(command->takes, *name))
            return fail(error, FAILURE_INVALID_ARG, "Parameter '%s' is unexpected", *name);
    }
    for (name = needed; *name; name++) {
        if (**name && !g_strv_contains((const char *const *)given, *name))
            return fail(error, FAILURE_INVALID_ARG, "Parameter '%s' is missing", *name);
    }
    return true;
}

G_NORETURN static void
query_run(Agent *agent, const AgentCommand *command, const AgentArguments *arguments,
          int connection)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *reply = NULL;
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    fd_close(&agent->listener);
    if ((reply = command->perform(agent, arguments, &error)))
        send_text(connection, reply);
    else
        send_error(connection, "GenericError", error->message);
    _exit(EXIT_SUCCESS);
}

static gboolean
home_ready(gint fd, GIOCondition condition, gpointer data)
{
    Query *query = data;

    if (condition & G_IO_IN) {
        agent_kept(query->agent, fd);
        return G_SOURCE_CONTINUE;
    }
    query->home_watch = 0;
    return G_SOURCE_REMOVE;
}

static gboolean
query_is_late(gpointer data)
{
    Query *query = data;

    query->timer = 0;
    query->late = true;
    /* now: what hangs in the kernel may not even die */
    send_error(query->connection, "GenericError",
               "the guest did not let this be done in time: one of its file systems may hang");
    kernel_pidfd_send_signal(query->pidfd, SIGKILL);
    return G_SOURCE_REMOVE;
}

static void
query_free(gpointer data)
{
    Query *query = data;

    if (query->home_watch)
        g_source_remove(query->home_watch);
    if (query->timer)
        g_source_remove(query->timer);
    fd_close(&query->pidfd);
    fd_close(&query->connection);
    fd_close(&query->home);
    g_free(query);
}

static bool
query_start(Agent *agent, const AgentCommand *command, const AgentArguments *arguments,
            int connection, GError **error)
{
    int seconds = command->seconds ? command->seconds : AGENT_QUERY_SECONDS;
    Query *query;
    int pair[2];
    pid_t pid;

    if (!agent->queries)
        agent->queries = g_hash_table_new_full(NULL, NULL, NULL, query_free);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return fail_errno(error, errno, "cannot create a socket pair");
    if ((pid = fork()) == 0) {
        close(pair[0]);
        agent->home = pair[1];
        query_run(agent, command, arguments, connection);
    }
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return fail_errno(error, errno, "cannot create a process");
    }
    query = g_new0(Query, 1);
    query->agent = agent;
    query->pid = pid;
    query->pidfd = pidfd_open(pid, 0);
    query->connection = fcntl(connection, F_DUPFD_CLOEXEC, 0);
    query->home = pair[0];
    query->home_watch = g_unix_fd_add(pair[0], G_IO_IN | G_IO_HUP, home_ready, query);
    query->timer = g_timeout_add_seconds(seconds, query_is_late, query);
    query->command = command;
    g_hash_table_insert(agent->queries, GINT_TO_POINTER(pid), query);
    return true;
}

bool
agent_query_ended(Agent *agent, pid_t pid, int status)
{
    Query *query =
        agent->queries ? g_hash_table_lookup(agent->queries, GINT_TO_POINTER(pid)) : NULL;

    if (!query)
        return false;
    if (!query->late && status != 0)
        send_error(query->connection, "GenericError", "the process that was to answer has died");
    g_hash_table_remove(agent->queries, GINT_TO_POINTER(pid));
    return true;
}

static void
perform(Agent *agent, int connection, const AgentCommand *command, const AgentCall *call)
{
    AgentArguments *none = json_new(&agent_arguments_type);
    const AgentArguments *arguments = call->arguments ? call->arguments : none;
    g_autoptr(GError) error = NULL;
    g_autofree char *reply = NULL;

    if (!command->here) {
        if (!query_start(agent, command, arguments, connection, &error))
            send_error(connection, "GenericError", error->message);
    } else if ((reply = command->perform(agent, arguments, &error))) {
        send_text(connection, reply);
    } else {
        send_error(connection, "GenericError", error->message);
    }
    json_free(&agent_arguments_type, none);
}

void
agent_answer(Agent *agent, int connection, const char *text, size_t length)
{
    g_auto(GStrv) given = agent_call_arguments(text, length);
    g_autoptr(GError) error = NULL;
    g_autoptr(AgentCall) call = agent_call_read(text, length, &error);
    const AgentCommand *command = call ? agent_command_find(call->execute) : NULL;
    g_autofree char *unknown = NULL;

    agent->used = g_get_monotonic_time();
    if (call && !command) {
        unknown = g_strdup_printf("The command %s has not been found", call->execute);
        send_error(connection, "CommandNotFound", unknown);
    } else if (!call || !check_arguments(command, given, &error)) {
        send_error(connection, "GenericError", error->message);
    } else {
        perform(agent, connection, command, call);
    }
    close(connection);
}

/* A query's side of what the agent keeps */

static int64_t
converse(Agent *agent, Message *call, const int *fds, size_t n_fds, GError **error)
{
    g_autoptr(Message) reply = NULL;

    if (!message_send(agent->home, call, fds, n_fds, soon(), error))
        return -1;
    if (!(reply = message_receive(agent->home, soon(), NULL, error))) {
        if (!*error)
            fail(error, FAILURE_OPERATION_FAILED, "the agent has ended");
        return -1;
    }
    return message_check(reply, error) ? reply->parameters->number : -1;
}

int64_t
agent_keep(Agent *agent, const char *kind, const int *fds, size_t n_fds, GError **error)
{
    g_autoptr(Message) call = message_new_call(kind);

    return converse(agent, call, fds, n_fds, error);
}

bool
agent_keep_process(Agent *agent, const int *fds, size_t n_fds, const AgentChild *child,
                   GError **error)
{
    g_autoptr(Message) call = message_new_call("Process");

    call->parameters->init_pid = child->pid;
    call->parameters->number = child->number;
    call->parameters->force = child->output.truncated; /* whether output is captured */
    call->parameters->safe = child->errors.truncated;
    return converse(agent, call, fds, n_fds, error) >= 0;
}
