/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Launch, prepared and Continue; see controller/wire/protocol.rst. */
#include "controller/launcher/control.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "controller/launcher/steps.h"
#include "controller/launcher/sync.h"
#include "controller/wire/failure.h"
#include "controller/wire/message.h"
#include "controller/wire/sealed.h"

#define DEFINITION_SIZE_MAX (4 << 20)
#define SEND_SECONDS        10
#define FOREVER             (G_MAXINT64 / 2) /* the end of the socket ends the wait */

static gint64
send_deadline(void)
{
    return g_get_monotonic_time() + SEND_SECONDS * G_USEC_PER_SEC;
}

/* A controller that was started ahead learns only now whose it is. */
static bool
take_log(const Message *call, GArray *fds, GError **error)
{
    g_auto(Fd) log = -1;

    if (!call->parameters->log)
        return true;
    if ((log = message_take_fd(fds, 0)) < 0 || dup2(log, STDOUT_FILENO) < 0 ||
        dup2(log, STDERR_FILENO) < 0)
        return fail_errno(error, errno, "cannot write to the log of the domain");
    g_array_remove_index(fds, 0);
    return true;
}

static Container *
read_definition(const Message *call, GArray *fds, const char *name, Fd *ret_definition,
                GError **error)
{
    g_autoptr(Container) container = NULL;
    g_autofree char *text = NULL;
    g_auto(Fd) definition = -1;
    size_t length;

    if (g_strcmp0(call->method, "Launch") != 0) {
        fail(error, FAILURE_OPERATION_INVALID, "expected the call Launch, not '%s'",
             call->method ? call->method : "");
        return NULL;
    }
    if (call->parameters->version != MESSAGE_PROTOCOL_VERSION) {
        fail(error, FAILURE_OPERATION_UNSUPPORTED,
             "the daemon speaks protocol %d, this controller %d: restart the daemon",
             (int)call->parameters->version, MESSAGE_PROTOCOL_VERSION);
        return NULL;
    }
    if (!name)
        name = call->parameters->name ? call->parameters->name : "";
    if (!take_log(call, fds, error))
        return NULL;
    definition = message_take_fd(fds, 0);
    if (!(text = sealed_read(definition, DEFINITION_SIZE_MAX, &length, error)) ||
        !(container = container_from_json(text, length, error)))
        return NULL;
    if (g_strcmp0(container->caisson->name, name) != 0 || strchr(name, '/') || !*name) {
        fail(error, FAILURE_INVALID_ARG, "the definition is of '%s', not of '%s'",
             container->caisson->name ? container->caisson->name : "", name);
        return NULL;
    }
    if (container->caisson->passed_fds != fds->len - 1) {
        fail(error, FAILURE_INVALID_ARG, "the definition speaks of %d descriptors, %d were passed",
             (int)container->caisson->passed_fds, (int)fds->len - 1);
        return NULL;
    }
    *ret_definition = fd_steal(&definition);
    return g_steal_pointer(&container);
}

bool
control_receive_launch(Launch *launch, const char *name, GError **error)
{
    g_autoptr(GArray) fds = NULL;
    g_autoptr(Message) call = message_receive(launch->control, FOREVER, &fds, error);
    Container *container;

    if (!call || !(container = read_definition(call, fds, name, &launch->definition, error)))
        return false;
    g_array_remove_index(fds, 0);
    launch_define(launch, container, g_steal_pointer(&fds));
    return true;
}

void
control_send_error(int control, const GError *error)
{
    g_autoptr(Message) reply = message_new_error(error);

    message_send(control, reply, NULL, 0, send_deadline(), NULL);
}

static bool
fail_gone(GError **error)
{
    return fail(error, FAILURE_OPERATION_ABORTED, "the daemon went away during the start");
}

bool
control_await_init(Launch *launch, GError **error)
{
    struct pollfd watches[] = {
        { .fd = launch->sync, .events = POLLIN },
        { .fd = launch->control, .events = POLLRDHUP },
        /* init waits for an answer when it reads the view */
        { .fd = -1, .events = POLLIN },
    };

    for (;;) {
        watches[2].fd = view_is_asked(launch) ? launch->view_connection : -1;
        if (poll(watches, G_N_ELEMENTS(watches), -1) < 0) {
            if (errno == EINTR)
                continue;
            return fail_errno(error, errno, "cannot wait for init");
        }
        if (watches[0].revents)
            return true;
        if (watches[1].revents)
            return fail_gone(error);
        if (!view_reply(launch, error))
            return false;
    }
}

/* True for Continue; other calls are answered and *ret_again set. */
static bool
hear_daemon(Launch *launch, bool *ret_again, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_autoptr(Message) call = message_receive(launch->control, FOREVER, NULL, error);

    if (!call)
        return *error ? false : fail_gone(error);
    *ret_again = g_strcmp0(call->method, "Continue") != 0;
    if (*ret_again) {
        fail(&local, FAILURE_OPERATION_UNSUPPORTED, "'%s' is not possible while the guest starts",
             call->method ? call->method : "");
        control_send_error(launch->control, local);
    }
    return true;
}

bool
control_await_continue(Launch *launch, GError **error)
{
    struct pollfd watches[] = {
        { .fd = launch->control, .events = POLLIN },
        { .fd = launch->sync, .events = POLLIN },
    };
    bool again = true;

    while (again) {
        if (poll(watches, G_N_ELEMENTS(watches), -1) < 0) {
            if (errno != EINTR)
                return fail_errno(error, errno, "cannot wait for the daemon");
            continue;
        }
        if (watches[1].revents)
            return fail(error, FAILURE_START, "the process of init died before it could run");
        if (!hear_daemon(launch, &again, error))
            return false;
    }
    return true;
}

/* NULL: there are none. */
static GPtrArray *
describe_interfaces(const Launch *launch)
{
    const GPtrArray *interfaces = launch->container->caisson->interfaces;
    GPtrArray *described;
    guint i;

    if (launch->links->len == 0)
        return NULL;
    described = json_array_new(&message_interface_type);
    for (i = 0; i < launch->links->len; i++) {
        const ContainerInterface *interface = interfaces->pdata[i];
        MessageInterface *one = json_new(&message_interface_type);

        one->alias = g_strdup(interface->alias);
        one->index = g_array_index(launch->links, int, i);
        one->name = g_strdup(interface->host_name);
        g_ptr_array_add(described, one);
    }
    return described;
}

bool
control_announce(Launch *launch, GError **error)
{
    g_autoptr(Message) event = message_new_event("prepared");
    g_autoptr(GPtrArray) consoles = g_ptr_array_new();
    guint i;

    for (i = 0; i < launch->terminals->len; i++) {
        const Terminal *terminal = g_ptr_array_index(launch->terminals, i);

        g_ptr_array_add(consoles, g_strdup(terminal->path));
    }
    g_ptr_array_add(consoles, NULL);
    event->parameters->version = MESSAGE_PROTOCOL_VERSION;
    event->parameters->init_pid = launch->init;
    event->parameters->cgroup = g_strdup(launch->group);
    event->parameters->interfaces = describe_interfaces(launch);
    event->parameters->nodes = g_ptr_array_ref(launch->nodes);
    event->parameters->consoles = (char **)g_ptr_array_free(g_steal_pointer(&consoles), FALSE);
    return message_send(launch->control, event, NULL, 0, send_deadline(), error);
}
