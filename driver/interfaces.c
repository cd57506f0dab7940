/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of interfaces on the host. */
#include "driver/interfaces.h"

/* Numbers go up: a name is not given again while what had it may still be on its way out. */
static gint next_number;

static bool
has_host_end(const Interface *interface)
{
    return interface->type != INTERFACE_DIRECT && interface->type != INTERFACE_USER;
}

static void
name_host_end(Interface *interface)
{
    if (interface->target || !has_host_end(interface))
        return;
    interface->target =
        g_strdup_printf("vnet%u", (unsigned)g_atomic_int_add(&next_number, 1) & G_MAXINT);
}

bool
interfaces_prepare(Domain *domain, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);
    GPtrArray *interfaces = domain->live->interfaces;
    guint i;

    for (i = 0; i < interfaces->len; i++)
        name_host_end(interfaces->pdata[i]);
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
