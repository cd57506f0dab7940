/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies of what statistics need. */
#include "driver/guest-view.h"

#include "xml/element-filesystem.h"

static void
disk_view_free(gpointer data)
{
    DiskView *disk = data;

    g_free(disk->target);
    g_free(disk->source);
    g_free(disk);
}

static void
interface_view_free(gpointer data)
{
    InterfaceView *interface = data;

    g_free(interface->target);
    g_free(interface->guest);
    g_free(interface->mac);
    g_free(interface);
}

static GPtrArray *
view_disks(const Definition *definition)
{
    GPtrArray *disks = g_ptr_array_new_with_free_func(disk_view_free);
    guint i;

    for (i = 0; i < definition->disks->len; i++) {
        const Disk *disk = definition->disks->pdata[i];
        DiskView *view = g_new0(DiskView, 1);

        view->target = g_strdup(disk->target);
        if (disk->type == DISK_BLOCK || disk->type == DISK_FILE)
            view->source = g_strdup(disk->source);
        view->block = disk->type == DISK_BLOCK;
        view->raw = disk->format <= FILESYSTEM_FORMAT_RAW;
        g_ptr_array_add(disks, view);
    }
    return disks;
}

static GPtrArray *
view_interfaces(const Definition *definition)
{
    GPtrArray *interfaces = g_ptr_array_new_with_free_func(interface_view_free);
    guint i;

    for (i = 0; i < definition->interfaces->len; i++) {
        const Interface *interface = definition->interfaces->pdata[i];
        InterfaceView *view = g_new0(InterfaceView, 1);

        view->target = g_strdup(interface->target);
        view->guest =
            g_strdup(interface->guest_actual && !interface->guest ? interface->guest_actual
                                                                  : interface->guest);
        view->mac = g_strdup(interface->mac);
        g_ptr_array_add(interfaces, view);
    }
    return interfaces;
}

bool
guest_view_begin(GuestView *view, Domain *domain, unsigned parts)
{
    const Definition *definition = domain_current(domain);

    if (!definition)
        return false;
    view->state = domain->state;
    view->reason = domain->reason;
    view->memory = definition->memory;
    view->current_memory = definition->current_memory;
    view->vcpus = (unsigned)MIN(definition->vcpus, G_MAXUINT);
    view->vcpus_online = (unsigned)MIN(definition->vcpus_online, G_MAXUINT);
    view->init_pid = domain->guest ? domain->guest->init_pid : 0;
    usage_begin(&view->usage, domain);
    if (parts & VIEW_DISKS)
        view->disks = view_disks(definition);
    if (parts & VIEW_INTERFACES)
        view->interfaces = view_interfaces(definition);
    return true;
}

void
guest_view_clear(GuestView *view)
{
    usage_clear(&view->usage);
    g_clear_pointer(&view->disks, g_ptr_array_unref);
    g_clear_pointer(&view->interfaces, g_ptr_array_unref);
}
