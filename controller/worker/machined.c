/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests as machines of systemd-machined. */
#include "controller/wire/failure.h"
#include "controller/worker/placement.h"

#define SERVICE "libvirt-lxc"
#define CLASS   "container"

static bool
machined_probe(GError **error)
{
    g_auto(Bus) bus = { NULL };

    return bus_open(&bus, error) && bus_probe(&bus, &bus_machined, error);
}

/* @network: with the indexes of interfaces, which the oldest versions do not take. */
static DBusMessage *
new_create(const Bus *bus, const Machine *machine, bool network)
{
    DBusMessage *call =
        bus_new_call(bus, &bus_machined, network ? "CreateMachineWithNetwork" : "CreateMachine");
    const char *service = SERVICE;
    const char *class = CLASS;
    const uint8_t *uuid = machine->uuid;
    const void *interfaces = machine->interfaces->data;
    DBusMessageIter properties;
    DBusMessageIter array;
    DBusMessageIter to;

    dbus_message_iter_init_append(call, &to);
    dbus_message_iter_append_basic(&to, DBUS_TYPE_STRING, &machine->machine);
    dbus_message_iter_open_container(&to, DBUS_TYPE_ARRAY, "y", &array);
    dbus_message_iter_append_fixed_array(&array, DBUS_TYPE_BYTE, &uuid, sizeof(machine->uuid));
    dbus_message_iter_close_container(&to, &array);
    dbus_message_iter_append_basic(&to, DBUS_TYPE_STRING, &service);
    dbus_message_iter_append_basic(&to, DBUS_TYPE_STRING, &class);
    dbus_message_iter_append_basic(&to, DBUS_TYPE_UINT32, &machine->leader);
    dbus_message_iter_append_basic(&to, DBUS_TYPE_STRING, &machine->root);
    if (network) {
        dbus_message_iter_open_container(&to, DBUS_TYPE_ARRAY, "i", &array);
        dbus_message_iter_append_fixed_array(&array, DBUS_TYPE_INT32, &interfaces,
                                             (int)machine->interfaces->len);
        dbus_message_iter_close_container(&to, &array);
    }
    bus_properties_begin(&to, &properties);
    placement_append_properties(&properties, machine);
    bus_properties_end(&to, &properties);
    return call;
}

/* machined answers when systemd has started the scope, with the leader in it. */
static bool
machined_create(const Machine *machine, GError **error)
{
    g_autofree char *what = g_strdup_printf("create machine '%s'", machine->machine);
    g_autoptr(GError) local = NULL;
    g_auto(Bus) bus = { NULL };

    if (!bus_open(&bus, error))
        return false;
    if (bus_call(&bus, &bus_machined, new_create(&bus, machine, true), what, &local))
        return true;
    if (g_strcmp0(bus.refusal, DBUS_ERROR_UNKNOWN_METHOD) == 0)
        return bus_call(&bus, &bus_machined, new_create(&bus, machine, false), what, error);
    g_propagate_error(error, g_steal_pointer(&local));
    return false;
}

bool
machined_terminate(Bus *bus, const char *machine, GError **error)
{
    static const char *const gone[] = { "org.freedesktop.machine1.NoSuchMachine",
                                        DBUS_ERROR_UNKNOWN_OBJECT, DBUS_ERROR_SERVICE_UNKNOWN,
                                        DBUS_ERROR_NAME_HAS_NO_OWNER, NULL };
    DBusMessage *call = bus_new_call(bus, &bus_machined, "TerminateMachine");
    g_autofree char *what = g_strdup_printf("terminate machine '%s'", machine);
    g_autoptr(GError) local = NULL;

    /* a machined that does not run has no machines that need it */
    dbus_message_set_auto_start(call, FALSE);
    dbus_message_append_args(call, DBUS_TYPE_STRING, &machine, DBUS_TYPE_INVALID);
    if (bus_call(bus, &bus_machined, call, what, &local) || g_strv_contains(gone, bus->refusal))
        return true;
    g_propagate_error(error, g_steal_pointer(&local));
    return false;
}

const PlacementKind placement_machined = { "machined", machined_probe, machined_create };
