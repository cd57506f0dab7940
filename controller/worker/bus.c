/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls over D-Bus, with errors that say what was asked of whom. */
#include "controller/worker/bus.h"

#include "controller/wire/failure.h"

#define SYSTEMD_SOCKET "unix:path=/run/systemd/private"

const BusService bus_machined = { "machined", "org.freedesktop.machine1",
                                  "/org/freedesktop/machine1", "org.freedesktop.machine1.Manager" };
const BusService bus_systemd = { "systemd", "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                                 "org.freedesktop.systemd1.Manager" };

static bool
fail_connect(DBusError *broken, GError **error)
{
    fail(error, FAILURE_OPERATION_FAILED, "cannot connect to the system bus: %s", broken->message);
    dbus_error_free(broken);
    return false;
}

bool
bus_open(Bus *bus, GError **error)
{
    DBusError broken = DBUS_ERROR_INIT;

    bus->direct = false;
    if (!(bus->connection = dbus_bus_get_private(DBUS_BUS_SYSTEM, &broken)))
        return fail_connect(&broken, error);
    dbus_connection_set_exit_on_disconnect(bus->connection, FALSE);
    return true;
}

bool
bus_open_systemd(Bus *bus, GError **error)
{
    g_autoptr(GError) no_bus = NULL;

    if (bus_open(bus, &no_bus))
        return true;
    if (!(bus->connection = dbus_connection_open_private(SYSTEMD_SOCKET, NULL))) {
        g_propagate_error(error, g_steal_pointer(&no_bus));
        return false;
    }
    bus->direct = true;
    return true;
}

void
bus_close(Bus *bus)
{
    g_clear_pointer(&bus->refusal, g_free);
    if (!bus->connection)
        return;
    dbus_connection_close(bus->connection);
    dbus_connection_unref(g_steal_pointer(&bus->connection));
}

DBusMessage *
bus_new_call(const Bus *bus, const BusService *service, const char *method)
{
    return dbus_message_new_method_call(bus->direct ? NULL : service->name, service->path,
                                        service->interface, method);
}

static bool
fail_call(const BusService *service, const char *what, const DBusError *broken, GError **error)
{
    if (dbus_error_has_name(broken, DBUS_ERROR_NO_REPLY) ||
        dbus_error_has_name(broken, DBUS_ERROR_TIMEOUT))
        return fail(error, FAILURE_OPERATION_TIMEOUT, "%s did not %s: no answer in %d s",
                    service->title, what, BUS_SECONDS);
    return fail(error, FAILURE_OPERATION_FAILED, "%s did not %s: %s (%s)", service->title, what,
                broken->message, broken->name);
}

bool
bus_call(Bus *bus, const BusService *service, DBusMessage *call, const char *what, GError **error)
{
    DBusError broken = DBUS_ERROR_INIT;
    DBusMessage *reply = dbus_connection_send_with_reply_and_block(bus->connection, call,
                                                                   BUS_SECONDS * 1000, &broken);

    dbus_message_unref(call);
    g_free(bus->refusal);
    bus->refusal = reply ? NULL : g_strdup(broken.name);
    if (!reply) {
        fail_call(service, what, &broken, error);
        dbus_error_free(&broken);
        return false;
    }
    dbus_message_unref(reply);
    return true;
}

bool
bus_probe(Bus *bus, const BusService *service, GError **error)
{
    DBusMessage *call = dbus_message_new_method_call(bus->direct ? NULL : service->name,
                                                     service->path, DBUS_INTERFACE_PEER, "Ping");

    return bus_call(bus, service, call, "answer", error);
}

void
bus_properties_begin(DBusMessageIter *to, DBusMessageIter *properties)
{
    dbus_message_iter_open_container(to, DBUS_TYPE_ARRAY, "(sv)", properties);
}

void
bus_properties_end(DBusMessageIter *to, DBusMessageIter *properties)
{
    dbus_message_iter_close_container(to, properties);
}

typedef struct {
    DBusMessageIter pair;
    DBusMessageIter variant;
} Property;

static void
property_begin(Property *property, DBusMessageIter *properties, const char *name, const char *type)
{
    dbus_message_iter_open_container(properties, DBUS_TYPE_STRUCT, NULL, &property->pair);
    dbus_message_iter_append_basic(&property->pair, DBUS_TYPE_STRING, &name);
    dbus_message_iter_open_container(&property->pair, DBUS_TYPE_VARIANT, type, &property->variant);
}

static void
property_end(Property *property, DBusMessageIter *properties)
{
    dbus_message_iter_close_container(&property->pair, &property->variant);
    dbus_message_iter_close_container(properties, &property->pair);
}

void
bus_property_string(DBusMessageIter *properties, const char *name, const char *value)
{
    Property property;

    property_begin(&property, properties, name, "s");
    dbus_message_iter_append_basic(&property.variant, DBUS_TYPE_STRING, &value);
    property_end(&property, properties);
}

void
bus_property_strings(DBusMessageIter *properties, const char *name, const char *const *values)
{
    DBusMessageIter array;
    Property property;

    property_begin(&property, properties, name, "as");
    dbus_message_iter_open_container(&property.variant, DBUS_TYPE_ARRAY, "s", &array);
    for (; *values; values++)
        dbus_message_iter_append_basic(&array, DBUS_TYPE_STRING, values);
    dbus_message_iter_close_container(&property.variant, &array);
    property_end(&property, properties);
}

void
bus_property_bool(DBusMessageIter *properties, const char *name, bool value)
{
    dbus_bool_t number = value;
    Property property;

    property_begin(&property, properties, name, "b");
    dbus_message_iter_append_basic(&property.variant, DBUS_TYPE_BOOLEAN, &number);
    property_end(&property, properties);
}

void
bus_property_pid(DBusMessageIter *properties, const char *name, uint32_t pid)
{
    DBusMessageIter array;
    Property property;

    property_begin(&property, properties, name, "au");
    dbus_message_iter_open_container(&property.variant, DBUS_TYPE_ARRAY, "u", &array);
    dbus_message_iter_append_basic(&array, DBUS_TYPE_UINT32, &pid);
    dbus_message_iter_close_container(&property.variant, &array);
    property_end(&property, properties);
}
