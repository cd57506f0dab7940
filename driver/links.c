/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls of workers about one interface. */
#include "driver/links.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "cgroup/cgroup.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"
#include "controller/wire/sealed.h"
#include "driver/store.h"
#include "xml/container.h"

bool
links_are_possible(const LiveChange *change, GError **error)
{
    return container_owns_network(change->live) ||
           fail(error, FAILURE_OPERATION_INVALID,
                "domain '%s' runs in the network of the host: an interface, or <privnet/> in "
                "<features>, must be there when it starts",
                change->domain->name);
}

/* Has a worker do @words to the interface. @log: goes along; -1: none. */
static Message *
work(LiveChange *change, const char *const *words, const ContainerInterface *interface, int log,
     GError **error)
{
    g_autofree char *text = container_interface_to_json(interface);
    g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));
    g_auto(Fd) sealed = sealed_new("interface", text, strlen(text), error);

    if (sealed < 0)
        return NULL;
    g_array_append_val(fds, sealed);
    if (log >= 0)
        g_array_append_val(fds, log);
    return live_work(change, words, fds, error);
}

Message *
links_make(LiveChange *change, const ContainerInterface *interface, GError **error)
{
    g_autofree char *pin = store_network_pin(change->domain->name);
    g_autofree char *group =
        g_strconcat(change->domain->guest->cgroup, "/" CGROUP_SUPERVISOR, NULL);
    g_autofree char *path =
        g_strdup_printf("%s/%s.log", store_log_directory(), change->domain->name);
    const char *const words[] = { "Link", pin, group, NULL };
    g_auto(Fd) log = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);

    return work(change, words, interface, log, error);
}

bool
links_remove(LiveChange *change, const ContainerInterface *interface, GError **error)
{
    g_autofree char *pin = store_network_pin(change->domain->name);
    const char *const words[] = { "Unlink", pin, NULL };
    g_autoptr(Message) reply = work(change, words, interface, -1, error);

    return reply != NULL;
}

bool
links_change(LiveChange *change, const ContainerInterface *interface, bool port, GError **error)
{
    const char *const words[] = { "Relink", port ? "port" : NULL, NULL };
    g_autoptr(Message) reply = work(change, words, interface, -1, error);

    return reply != NULL;
}
