/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The request table: name, when it is legal, who handles it. */
#include "controller/keeper/control.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "controller/keeper/log.h"
#include "controller/keeper/view.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

/* As many devices as nobody has; a bound for clients that err. */
#define HELD_MAX 1024

typedef struct {
    Client *client; /* who asks */
    Message *message;
    GArray *fds; /* came with the call; NULL: none */
    Fd fd;       /* descriptor 0 of the reply, or -1 */
    bool later;  /* the reply comes when the freezer is done */
} Reply;

typedef bool (*Handler)(Keeper *keeper, const MessageParameters *parameters, Reply *reply,
                        GError **error);

typedef struct {
    const char *method;
    unsigned phases; /* of Phase: when it is legal */
    Handler handler;
} Request;

/* glibc has no wrapper before 2.36 */
static int
init_signal(const Keeper *keeper, int number)
{
    return syscall(SYS_pidfd_send_signal, keeper->init.fd, number, NULL, 0);
}

void
control_abandon(Keeper *keeper, const char *why)
{
    Client *waiter = g_steal_pointer(&keeper->waiter);
    g_autoptr(Message) refusal = NULL;
    g_autoptr(GError) error = NULL;

    if (!waiter)
        return;
    fail(&error, FAILURE_OPERATION_FAILED, "%s", why);
    refusal = message_new_error(error);
    client_send(waiter, refusal, NULL, 0);
}

bool
control_kill(Keeper *keeper, GError **error)
{
    g_autoptr(GError) stuck = NULL;

    /* an init that has just died by itself has no more use for a signal */
    if (init_signal(keeper, SIGKILL) < 0 && errno != ESRCH)
        return fail_errno(error, errno, "cannot kill init");
    keeper->phase = PHASE_DYING;
    /* after the signal: resumed tasks find it before they run on. v1 tasks cannot die frozen */
    if (!freezer_release(&keeper->freezer, &stuck))
        log_line("%s", stuck->message);
    view_end(keeper);
    control_abandon(keeper, "the guest was destroyed meanwhile");
    return true;
}

static void
freezer_done(void *data, bool frozen, const GError *error)
{
    Keeper *keeper = data;
    Client *waiter = g_steal_pointer(&keeper->waiter);
    g_autoptr(Message) message = error ? message_new_error(error) : message_new_reply();

    /* a failed suspend leaves the guest running, a failed resume leaves it suspended */
    keeper->phase = frozen == !error ? PHASE_PAUSED : PHASE_RUNNING;
    if (waiter)
        client_send(waiter, message, NULL, 0);
    else if (error)
        log_line("%s", error->message);
}

static bool
request_get_status(Keeper *keeper, const MessageParameters *parameters, Reply *reply,
                   GError **error)
{
    MessageParameters *status = reply->message->parameters;
    guint i;

    status->version = MESSAGE_PROTOCOL_VERSION;
    status->init_pid = keeper->state->init_pid;
    status->state = g_strdup(keeper->phase == PHASE_PAUSED ? "paused" : "running");
    status->ready = keeper->ready;
    status->cgroup = g_strdup(keeper->state->cgroup);
    status->consoles = g_new0(char *, keeper->consoles->len + 1);
    for (i = 0; i < keeper->consoles->len; i++)
        status->consoles[i] = g_strdup(console_config(keeper->consoles->pdata[i])->path);
    if ((reply->fd = fcntl(keeper->init.fd, F_DUPFD_CLOEXEC, 0)) < 0)
        return fail_errno(error, errno, "cannot duplicate the pidfd of init");
    return true;
}

static bool
request_get_definition(Keeper *keeper, const MessageParameters *parameters, Reply *reply,
                       GError **error)
{
    if (keeper->state->definition < 0)
        return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                    "the controller of this guest has not kept its definition");
    if ((reply->fd = fcntl(keeper->state->definition, F_DUPFD_CLOEXEC, 0)) < 0)
        return fail_errno(error, errno, "cannot duplicate the definition");
    return true;
}

/* The phase goes to CHANGING first: the freezer may be done before freezer_start() returns. */
static bool
freezer_request(Keeper *keeper, bool frozen, Reply *reply, GError **error)
{
    Phase phase = keeper->phase;

    if (phase == (frozen ? PHASE_PAUSED : PHASE_RUNNING))
        return true;
    keeper->phase = PHASE_CHANGING;
    keeper->waiter = reply->client;
    reply->later = true;
    if (freezer_start(&keeper->freezer, frozen, error))
        return true;
    keeper->phase = phase;
    keeper->waiter = NULL;
    return false;
}

static bool
request_freeze(Keeper *keeper, const MessageParameters *parameters, Reply *reply, GError **error)
{
    return freezer_request(keeper, true, reply, error);
}

static bool
request_thaw(Keeper *keeper, const MessageParameters *parameters, Reply *reply, GError **error)
{
    return freezer_request(keeper, false, reply, error);
}

static bool
request_kill(Keeper *keeper, const MessageParameters *parameters, Reply *reply, GError **error)
{
    return control_kill(keeper, error);
}

static bool
request_signal(Keeper *keeper, const MessageParameters *parameters, Reply *reply, GError **error)
{
    if (parameters->signal < 1 || parameters->signal > 64)
        return fail(error, FAILURE_INVALID_ARG, "no signal has the number %" G_GINT64_FORMAT,
                    parameters->signal);
    if (init_signal(keeper, parameters->signal) < 0)
        return fail_errno(error, errno, "cannot send signal %d to init", (int)parameters->signal);
    keeper->asked_signals |= UINT64_C(1) << (parameters->signal - 1);
    return true;
}

static Console *
console_find(Keeper *keeper, const char *alias, GError **error)
{
    guint i;

    for (i = 0; i < keeper->consoles->len; i++) {
        Console *console = keeper->consoles->pdata[i];

        if (!alias || g_str_equal(console_config(console)->alias, alias))
            return console;
    }
    if (alias)
        fail(error, FAILURE_INVALID_ARG, "the guest has no console '%s'", alias);
    else
        fail(error, FAILURE_INVALID_ARG, "the guest has no console");
    return NULL;
}

static bool
request_open_console(Keeper *keeper, const MessageParameters *parameters, Reply *reply,
                     GError **error)
{
    Console *console = console_find(keeper, parameters->alias, error);

    return console && (reply->fd = console_open(console, parameters->force, error)) >= 0;
}

/* What is held for @alias as index; held->len: nothing. */
static guint
held_find(const GPtrArray *held, const char *alias)
{
    guint i;

    for (i = 0; i < held->len; i++) {
        if (g_str_equal(((const KeeperHeld *)held->pdata[i])->alias, alias))
            break;
    }
    return i;
}

static bool
request_hold(Keeper *keeper, const MessageParameters *parameters, Reply *reply, GError **error)
{
    GPtrArray *all = keeper->state->held;
    KeeperHeld *held;
    int fd;

    if (!parameters->alias || held_find(all, parameters->alias) < all->len || all->len >= HELD_MAX)
        return fail(error, FAILURE_INVALID_ARG, "nothing can be held for '%s'",
                    parameters->alias ? parameters->alias : "");
    if (!reply->fds || (fd = message_take_fd(reply->fds, 0)) < 0)
        return fail(error, FAILURE_INVALID_ARG, "no descriptor came to be held");
    held = json_new(&keeper_held_type);
    held->alias = g_strdup(parameters->alias);
    held->fd = fd;
    g_ptr_array_add(all, held);
    return true;
}

static bool
request_release(Keeper *keeper, const MessageParameters *parameters, Reply *reply, GError **error)
{
    GPtrArray *all = keeper->state->held;
    guint index = parameters->alias ? held_find(all, parameters->alias) : all->len;

    if (index >= all->len)
        return true;
    close((int)((const KeeperHeld *)all->pdata[index])->fd);
    g_ptr_array_remove_index(all, index);
    return true;
}

static const Request requests[] = {
    { "GetStatus", PHASE_ANY, request_get_status },
    { "GetDefinition", PHASE_ANY, request_get_definition },
    { "Freeze", PHASE_RUNNING | PHASE_PAUSED, request_freeze },
    { "Thaw", PHASE_RUNNING | PHASE_PAUSED, request_thaw },
    { "Kill", PHASE_ANY, request_kill },
    { "Signal", PHASE_RUNNING | PHASE_CHANGING | PHASE_PAUSED, request_signal },
    { "Hold", PHASE_ANY, request_hold },
    { "Release", PHASE_ANY, request_release },
    { "OpenConsole", PHASE_RUNNING | PHASE_CHANGING | PHASE_PAUSED, request_open_console },
};

static const Request *
request_find(const Message *call, GError **error)
{
    size_t i;

    if (!call->method) {
        fail(error, FAILURE_INTERNAL, "only calls are understood here");
        return NULL;
    }
    for (i = 0; i < G_N_ELEMENTS(requests); i++) {
        if (g_str_equal(requests[i].method, call->method))
            return &requests[i];
    }
    fail(error, FAILURE_OPERATION_UNSUPPORTED, "the controller of this guest does not know '%s'",
         call->method);
    return NULL;
}

static bool
request_legal(const Keeper *keeper, const Request *request, GError **error)
{
    if (keeper->phase & request->phases)
        return true;
    return fail(error, FAILURE_OPERATION_INVALID, "%s: the guest is being %s", request->method,
                keeper->phase == PHASE_DYING ? "destroyed" : "suspended or resumed");
}

void
control_answer(Keeper *keeper, Client *client, const Message *call, GArray *fds)
{
    g_autoptr(Message) message = message_new_reply();
    g_autoptr(Message) refusal = NULL;
    g_autoptr(GError) error = NULL;
    Reply reply = { .client = client, .message = message, .fds = fds, .fd = -1 };
    const Request *request = request_find(call, &error);

    if (!request || !request_legal(keeper, request, &error) ||
        !request->handler(keeper, call->parameters, &reply, &error))
        refusal = message_new_error(error);
    /* a handler that answers an earlier call of this client may have found it gone */
    if (g_ptr_array_find(keeper->clients, client, NULL) && (refusal || !reply.later))
        client_send(client, refusal ? refusal : message, &reply.fd, !refusal && reply.fd >= 0);
    fd_close(&reply.fd);
}

void
control_init(Keeper *keeper)
{
    keeper->freezer.directory = keeper->state->freezer;
    keeper->freezer.version = keeper->state->freezer_version;
    keeper->freezer.done = freezer_done;
    keeper->freezer.data = keeper;
    loop_add_timer(&keeper->loop, &keeper->freezer.timer);
}
