/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interfaces of a guest that runs, and what is left on the host of one that has ended. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "cgroup/cgroup.h"
#include "controller/network/interface.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"
#include "controller/wire/sealed.h"
#include "controller/worker/worker.h"

#define DEFINITION_SIZE_MAX (1 << 20)

static ContainerInterface *
read_interface(const Request *request, size_t descriptor, GError **error)
{
    g_auto(Fd) definition = message_take_fd(request->fds, descriptor);
    g_autofree char *text = NULL;
    size_t length;

    if (definition < 0) {
        fail(error, FAILURE_INVALID_ARG, "no interface came with the call");
        return NULL;
    }
    text = sealed_read(definition, DEFINITION_SIZE_MAX, &length, error);
    return text ? container_interface_from_json(text, length, error) : NULL;
}

/* The namespace of the process behind a pidfd: entering it is the one way that cannot miss. */
static int
open_namespace(int pidfd, GError **error)
{
    g_auto(Fd) own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    int netns = -1;

    if (own < 0 || setns(pidfd, CLONE_NEWNET) < 0) {
        fail_errno(error, errno, "cannot enter the network namespace of the container");
        return -1;
    }
    netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (netns < 0)
        fail_errno(error, errno, "cannot open '/proc/self/ns/net'");
    if (setns(own, CLONE_NEWNET) < 0) {
        fail_errno(netns < 0 ? NULL : error, errno, "cannot leave the container's network");
        fd_close(&netns);
    }
    return netns;
}

static void
report(Message *reply, const ContainerInterface *interface, int index)
{
    MessageInterface *one = json_new(&message_interface_type);

    one->alias = g_strdup(interface->alias);
    one->index = index;
    one->name = g_strdup(interface->host_name);
    reply->parameters->interfaces = json_array_new(&message_interface_type);
    g_ptr_array_add(reply->parameters->interfaces, one);
}

typedef bool Work(Network *network, ContainerInterface *interface, Request *request,
                  GError **error);

static bool
work_on(Request *request, Work *work, GError **error)
{
    g_auto(Fd) pidfd = message_take_fd(request->fds, 0);
    g_autoptr(ContainerInterface) interface = read_interface(request, 1, error);
    g_auto(Fd) netns = interface ? open_namespace(pidfd, error) : -1;
    g_auto(Network) network = { .home = -1 };

    return netns >= 0 && network_open(&network, netns, error) &&
           work(&network, interface, request, error);
}

/* A program for the interface is the guest's controller's, with whose control group it ends, and
 * speaks to its log. */
static bool
join_controller(Request *request, GError **error)
{
    const char *group = request->arguments[1];
    g_auto(Fd) log = message_take_fd(request->fds, 2);
    g_autoptr(CgroupLayout) layout = cgroup_layout_new(error);

    if (!layout || !cgroup_attach(layout, group, getpid(), error))
        return false;
    return log < 0 || (dup2(log, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0) ||
           fail_errno(error, errno, "cannot use the log");
}

static bool
attach(Network *network, ContainerInterface *interface, Request *request, GError **error)
{
    bool program = g_str_equal(interface->kind, CONTAINER_INTERFACE_PASST);
    bool device = g_str_equal(interface->kind, CONTAINER_INTERFACE_DEVICE);
    const char *pin = request->arguments[0];
    g_autofree char *source = g_strdup_printf("/proc/self/fd/%d", network->netns);
    bool pins = (program || device) && !network_is_pinned(pin);
    bool attached;
    int index;

    if ((program && !join_controller(request, error)) || (pins && !network_pin(source, pin, error)))
        return false;
    network->path = pin;
    network->running = true;
    attached = interface_attach(network, interface, &index, error);
    /* a program has opened it; a device needs it when the guest has ended */
    if (pins && !(attached && device))
        network_unpin(pin);
    if (attached)
        report(request->reply, interface, index);
    return attached;
}

bool
link_attach(Request *request, GError **error)
{
    return work_on(request, attach, error);
}

static bool
detach(Network *network, ContainerInterface *interface, Request *request, GError **error)
{
    network->path = request->arguments[0];
    network->running = true;
    return interface_detach(network, interface, error);
}

bool
link_detach(Request *request, GError **error)
{
    return work_on(request, detach, error);
}

static bool
change(Network *network, ContainerInterface *interface, Request *request, GError **error)
{
    bool port = g_strcmp0(request->arguments[0], "port") == 0;

    return interface_change(network, interface, port, error);
}

bool
link_change(Request *request, GError **error)
{
    return work_on(request, change, error);
}

/* The pin goes last: with it goes the namespace, and what is left there goes its own way. */
bool
link_return(Request *request, GError **error)
{
    const char *path = request->arguments[0];
    g_autoptr(GError) first = NULL;
    g_auto(Network) network = { .home = -1 };
    g_auto(Fd) netns = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    size_t i;

    if (netns < 0)
        return fail_errno(error, errno, "cannot open '%s'", path ? path : "");
    if (!network_open(&network, netns, error))
        return false;
    network.path = path;
    for (i = 0; i < request->fds->len; i++) {
        g_autoptr(ContainerInterface) interface = read_interface(request, i, error);

        if (!interface)
            return false;
        interface_detach(&network, interface, first ? NULL : &first);
    }
    network_unpin(path);
    if (first)
        g_propagate_error(error, g_steal_pointer(&first));
    return !*error;
}

bool
link_clear(Request *request, GError **error)
{
    g_autoptr(ContainerInterface) interface = read_interface(request, 0, error);
    bool links = g_strcmp0(request->arguments[0], "links") == 0;
    g_auto(Network) network = { .netns = -1, .home = -1 };

    if (!interface || !(network.host = netlink_open(-1, error)))
        return false;
    return links ? interface_detach(&network, interface, error)
                 : interface_forget(&network, interface, error);
}
