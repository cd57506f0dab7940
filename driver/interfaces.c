/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ports, names and filters of interfaces. */
#include "driver/interfaces.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "controller/wire/sealed.h"
#include "driver/domains.h"
#include "driver/network.h"
#include "driver/report.h"
#include "driver/store.h"
#include "driver/worker.h"
#include "xml/container.h"
#include "xml/network-port.h"

#define CLEAR_SECONDS 20

/* Numbers go up: a name is not given again while what had it may still be on its way out. */
static gint next_number;

static void
name_host_end(Interface *interface)
{
    if (interface->target || !interface_has_host_end(interface))
        return;
    interface->target =
        g_strdup_printf("vnet%u", (unsigned)g_atomic_int_add(&next_number, 1) & G_MAXINT);
}

bool
interface_prepare(const Definition *owner, Interface *interface, GError **error)
{
    if (interface->type == INTERFACE_NETWORK && !network_port_create(owner, interface, error))
        return false;
    name_host_end(interface);
    return true;
}

/* Most of it goes with the namespace of the guest; a name that was given may be wanted again before
 * the kernel gets round to that. */
static bool
leaves_something(const Interface *interface)
{
    if (!interface_has_host_end(interface) || !interface->target)
        return false;
    return interface->bandwidth.outbound.average || interface->type == INTERFACE_DIRECT ||
           interface->virtual_port.type == VIRTUAL_PORT_OPENVSWITCH ||
           !interface_name_is_generated(interface->target);
}

/* Whether a running guest of another domain has a link of that name. */
static bool
has_name(Domain *domain, const Definition *owner, const char *target)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);
    guint i;

    if (!domain->guest || !domain->live || g_str_equal(domain->live->uuid, owner->uuid))
        return false;
    for (i = 0; i < domain->live->interfaces->len; i++) {
        const Interface *interface = domain->live->interfaces->pdata[i];

        if (g_strcmp0(interface->target, target) == 0)
            return true;
    }
    return false;
}

static bool
is_of_another(const Definition *owner, const char *target)
{
    g_autoptr(GPtrArray) all = domains_all();
    guint i;

    for (i = 0; i < all->len; i++) {
        if (has_name(all->pdata[i], owner, target))
            return true;
    }
    return false;
}

/* @links: the host's end was made, and is not somebody else's with the same name. */
static void
clear(const Definition *owner, const Interface *interface, bool links)
{
    const char *const words[] = { "Clear", links ? "links" : NULL, NULL };
    g_autoptr(GError) error = NULL;
    g_autoptr(ContainerInterface) container = NULL;
    g_autoptr(Message) reply = NULL;
    g_autofree char *text = NULL;
    g_auto(Fd) sealed = -1;

    if (!leaves_something(interface) || (!links && is_of_another(owner, interface->target)))
        return;
    if ((container = container_interface(owner, interface, &error))) {
        text = container_interface_to_json(container);
        if ((sealed = sealed_new("interface", text, strlen(text), &error)) >= 0)
            reply = worker_request(words, sealed, CLEAR_SECONDS, &error);
    }
    if (!reply)
        report_log(owner->name, error);
}

void
interface_release(const Definition *owner, Interface *interface)
{
    network_filter_unbind(owner, interface);
    network_port_delete(owner, interface);
    network_port_forget(interface);
}

/* Puts @live in the place of the live definition, which it is a changed copy of. */
static void
exchange(Domain *domain, Definition **live)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);
    Definition *before = domain->live;

    domain->live = *live;
    *live = before;
}

bool
interfaces_prepare(Domain *domain, GError **error)
{
    g_autoptr(Definition) live = NULL;
    guint i;

    if (domain->live->interfaces->len == 0)
        return true;
    live = definition_copy(domain->live);
    for (i = 0; i < live->interfaces->len; i++) {
        if (interface_prepare(live, live->interfaces->pdata[i], error))
            continue;
        while (i > 0)
            interface_release(live, live->interfaces->pdata[--i]);
        return false;
    }
    exchange(domain, &live);
    return true;
}

static Interface *
find_alias(const Definition *definition, const char *alias)
{
    guint i;

    for (i = 0; i < definition->interfaces->len; i++) {
        Interface *interface = definition->interfaces->pdata[i];

        if (alias && g_strcmp0(interface->alias, alias) == 0)
            return interface;
    }
    return NULL;
}

void
interfaces_record(Definition *definition, const GPtrArray *links)
{
    guint i;

    for (i = 0; links && i < links->len; i++) {
        const MessageInterface *link = links->pdata[i];
        Interface *interface = find_alias(definition, link->alias);

        if (!interface || !link->name)
            continue;
        g_free(interface->target);
        interface->target = g_strdup(link->name);
    }
}

bool
interfaces_bind(Domain *domain, GError **error)
{
    const GPtrArray *interfaces = domain->live->interfaces;
    guint i;

    for (i = 0; i < interfaces->len; i++) {
        if (!network_filter_bind(domain->live, interfaces->pdata[i], error))
            return false;
    }
    return true;
}

/* Moves devices of the host back from the namespace that was kept for this. */
static void
return_devices(const Definition *live)
{
    g_autofree char *pin = store_network_pin(live->name);
    const char *const words[] = { "Return", pin, NULL };
    g_autoptr(GPtrArray) devices = container_moved_devices(live);
    g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));
    g_autoptr(GError) error = NULL;
    g_autoptr(Message) reply = NULL;
    WorkerCall call = { .words = words, .seconds = CLEAR_SECONDS };
    guint i;

    /* not there when the start failed before it, or undid it */
    if (!g_file_test(pin, G_FILE_TEST_EXISTS))
        return;
    for (i = 0; i < devices->len; i++) {
        g_autofree char *text = container_interface_to_json(devices->pdata[i]);
        int fd = sealed_new("interface", text, strlen(text), NULL);

        if (fd >= 0)
            g_array_append_val(fds, fd);
    }
    call.fds = (const int *)fds->data;
    call.n_fds = fds->len;
    if (!(reply = worker_call(&call, NULL, &error)))
        report_log(live->name, error);
    for (i = 0; i < fds->len; i++)
        close(g_array_index(fds, int, i));
}

void
interfaces_release(Domain *domain)
{
    g_autoptr(Definition) live = NULL;
    guint i;

    return_devices(domain->live);
    if (domain->live->interfaces->len == 0)
        return;
    live = definition_copy(domain->live);
    for (i = 0; i < live->interfaces->len; i++) {
        clear(live, live->interfaces->pdata[i], domain->guest && domain->guest->init_pid);
        interface_release(live, live->interfaces->pdata[i]);
    }
    exchange(domain, &live);
}

/* Whether what a domain of ours has is left over: it does not run, and nobody is starting it. One
 * that is gone was transient, and the daemon ended before it had a status file. */
static bool
is_left(const char *uuid, bool ours)
{
    g_autoptr(Domain) domain = NULL;
    unsigned char bytes[VIR_UUID_BUFLEN];
    bool left;

    uuid_from_text(uuid, bytes);
    if (!(domain = domains_by_uuid(bytes)))
        return ours;
    g_mutex_lock(&domain->lock);
    left = !domain->guest && !domain->busy;
    g_mutex_unlock(&domain->lock);
    return left;
}

static gpointer
give_back(gpointer opaque)
{
    network_give_back(is_left);
    return NULL;
}

void
interfaces_give_back(void)
{
    sigset_t every;
    sigset_t before;

    /* signals are for the daemon's threads */
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    g_thread_unref(g_thread_new("lxc-networks", give_back, NULL));
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}
