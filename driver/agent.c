/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reaching a guest's agent, and starting it. */
#include "driver/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "config.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"
#include "controller/wire/message.h"
#include "controller/wire/sealed.h"
#include "driver/operation.h"
#include "driver/spawn.h"
#include "driver/store.h"

#define BACKLOG       32
#define SPAWN_SECONDS 10

/* One start at a time: two agents of one guest would not know what the other one keeps. */
static GMutex starting;

int
agent_seconds(const Domain *domain, int timeout)
{
    int seconds = AGENT_DEFAULT_SECONDS;

    if (timeout == -1 && domain->guest && domain->guest->agent_timeout)
        seconds = domain->guest->agent_timeout;
    else if (timeout == -2)
        seconds = AGENT_BLOCK_SECONDS;
    else if (timeout >= 0)
        seconds = timeout;
    return MAX(seconds, 1);
}

Domain *
agent_reach(virDomainPtr handle, Access access, GError **error)
{
    g_autoptr(Domain) domain = domain_reach(handle, access, error);
    bool good;

    if (!domain)
        return NULL;
    g_mutex_lock(&domain->lock);
    good = domain_expect(domain, DOMAIN_OURS, error);
    g_mutex_unlock(&domain->lock);
    return good ? g_steal_pointer(&domain) : NULL;
}

/* Through the directory: a domain name may be longer than an address. */
static bool
socket_address(const char *name, Fd *ret_directory, struct sockaddr_un *ret_address, GError **error)
{
    g_autofree char *path = NULL;

    *ret_directory = open(store_state_directory(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*ret_directory < 0)
        return fail_errno(error, errno, "cannot open '%s'", store_state_directory());
    path = g_strdup_printf("/proc/self/fd/%d/%s.agent", *ret_directory, name);
    *ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    return g_strlcpy(ret_address->sun_path, path, sizeof(ret_address->sun_path)) <
               sizeof(ret_address->sun_path) ||
           fail(error, FAILURE_INTERNAL, "the name of '%s' is too long for a socket", name);
}

/* The agent leaves its parent at once, so that nobody has to wait for its end. */
static bool
spawn_agent(const char *name, int listener, GError **error)
{
    const char *const argv[] = { AGENT_PATH, "--name", name, NULL };
    gint64 deadline = g_get_monotonic_time() + SPAWN_SECONDS * G_TIME_SPAN_SECOND;
    g_auto(Fd) pidfd = -1;
    pid_t pid;

    if (!spawn_program(argv, listener, -1, &pid, error))
        return false;
    if ((pidfd = spawn_pidfd(pid)) < 0)
        return fail_errno(error, errno, "cannot follow the agent of domain '%s'", name);
    if (!spawn_wait(pidfd, deadline)) {
        spawn_kill(pidfd);
        spawn_wait(pidfd, deadline + G_TIME_SPAN_SECOND);
        spawn_reap(pidfd);
        return fail(error, FAILURE_AGENT, "the agent of domain '%s' does not start", name);
    }
    spawn_reap(pidfd);
    return true;
}

static bool
start_agent(const char *name, const struct sockaddr_un *address, GError **error)
{
    g_auto(Fd) listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    /* it listens before the agent runs: who connects now is served as soon as it does */
    unlink(address->sun_path);
    if (listener < 0 || bind(listener, (const struct sockaddr *)address, sizeof(*address)) < 0 ||
        chmod(address->sun_path, 0600) < 0 || listen(listener, BACKLOG) < 0)
        return fail_errno(error, errno, "cannot listen for the agent of domain '%s'", name);
    if (spawn_agent(name, listener, error))
        return true;
    unlink(address->sun_path);
    return false;
}

static int
connect_agent(const char *name, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&starting);
    g_auto(Fd) directory = -1;
    g_auto(Fd) fd = -1;
    struct sockaddr_un address;
    int tries;

    if (!socket_address(name, &directory, &address, error))
        return -1;
    for (tries = 0; tries < 2; tries++) {
        fd_close(&fd);
        /* with too many waiting for an agent that hangs, connecting would wait as well */
        if ((fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) >= 0 &&
            connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
            return fd_steal(&fd);
        if (fd >= 0 && errno == EAGAIN) {
            fail(error, FAILURE_AGENT, "too many calls wait for the agent of domain '%s'", name);
            return -1;
        }
        if (fd < 0 || (errno != ENOENT && errno != ECONNREFUSED)) {
            fail_errno(error, errno, "cannot reach the agent of domain '%s'", name);
            return -1;
        }
        if (tries == 0 && !start_agent(name, &address, error))
            return -1;
    }
    fail(error, FAILURE_AGENT, "the agent of domain '%s' ends as soon as it is started", name);
    return -1;
}

static char *
fail_silent(const char *name, int seconds, const GError *local, GError **error)
{
    if (!local)
        fail(error, FAILURE_AGENT, "the agent of domain '%s' has ended: has the guest?", name);
    else if (g_error_matches(local, FAILURE, FAILURE_OPERATION_TIMEOUT))
        fail(error, FAILURE_AGENT, "no answer of the agent of domain '%s' in %d s", name, seconds);
    else
        fail(error, FAILURE_AGENT, "%s", local->message);
    return NULL;
}

char *
agent_converse(Domain *domain, const char *text, int seconds, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + seconds * G_TIME_SPAN_SECOND;
    g_auto(Fd) sealed = sealed_new("agent-call", text, strlen(text), error);
    g_autoptr(Message) call = message_new_call("Agent");
    g_auto(Fd) connection = sealed >= 0 ? connect_agent(domain->name, error) : -1;
    g_autoptr(Message) reply = NULL;
    g_autoptr(GError) local = NULL;
    g_autoptr(GArray) fds = NULL;
    g_auto(Fd) answer = -1;

    if (connection < 0)
        return NULL;
    if (!message_send(connection, call, &sealed, 1, deadline, &local) ||
        !(reply = message_receive(connection, deadline, &fds, &local)))
        return fail_silent(domain->name, seconds, local, error);
    answer = fds ? message_take_fd(fds, 0) : -1;
    return sealed_read(answer, AGENT_TEXT_MAX, NULL, error);
}

AgentArguments *
agent_arguments_new(void)
{
    return json_new(&agent_arguments_type);
}

char *
agent_ask(Domain *domain, const char *execute, AgentArguments *arguments, GError **error)
{
    AgentCall *call = json_new(&agent_call_type);
    g_autofree char *text = NULL;
    g_autofree char *reply = NULL;

    call->execute = g_strdup(execute);
    call->arguments = arguments;
    text = json_write(&agent_call_type, call, false);
    agent_call_free(call);
    if (!(reply = agent_converse(domain, text, agent_seconds(domain, -1), error)) ||
        !agent_reply_check(reply, error))
        return NULL;
    return g_steal_pointer(&reply);
}

bool
agent_ask_object(Domain *domain, const char *execute, const JsonType *type, void **ret_object,
                 GError **error)
{
    g_autofree char *reply = agent_ask(domain, execute, NULL, error);

    return reply && agent_reply_read(reply, type, false, ret_object, error);
}

GPtrArray *
agent_ask_objects(Domain *domain, const char *execute, const JsonType *type, GError **error)
{
    g_autofree char *reply = agent_ask(domain, execute, NULL, error);
    void *array = NULL;

    if (!reply || !agent_reply_read(reply, type, true, &array, error))
        return NULL;
    return array;
}
