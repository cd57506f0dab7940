/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests as scopes of systemd, where nothing but systemd is there. */
#include <string.h>

#include "controller/wire/failure.h"
#include "controller/worker/placement.h"

#define JOB_PAUSE_US 2000

static bool
systemd_probe(GError **error)
{
    g_auto(Bus) bus = { NULL };

    return bus_open_systemd(&bus, error) && bus_probe(&bus, &bus_systemd, error);
}

static DBusMessage *
new_start(const Bus *bus, const Machine *machine)
{
    DBusMessage *call = bus_new_call(bus, &bus_systemd, "StartTransientUnit");
    g_autofree char *description = g_strdup_printf("Container %s", machine->machine);
    const char *mode = "fail";
    DBusMessageIter properties;
    DBusMessageIter auxiliary;
    DBusMessageIter to;

    dbus_message_iter_init_append(call, &to);
    dbus_message_iter_append_basic(&to, DBUS_TYPE_STRING, &machine->scope);
    dbus_message_iter_append_basic(&to, DBUS_TYPE_STRING, &mode);
    bus_properties_begin(&to, &properties);
    bus_property_string(&properties, "Description", description);
    bus_property_pid(&properties, "PIDs", machine->leader);
    /* a scope that failed would otherwise keep its name */
    bus_property_string(&properties, "CollectMode", "inactive-or-failed");
    placement_append_properties(&properties, machine);
    bus_properties_end(&to, &properties);
    dbus_message_iter_open_container(&to, DBUS_TYPE_ARRAY, "(sa(sv))", &auxiliary);
    dbus_message_iter_close_container(&to, &auxiliary);
    return call;
}

static bool
leader_is_placed(const Machine *machine)
{
    g_autofree char *path = g_strdup_printf("/proc/%u/cgroup", machine->leader);
    g_autofree char *scope = g_strdup_printf("/%s\n", machine->scope);
    g_autofree char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) && strstr(text, scope);
}

/* systemd answers when it has a job; that the job is done shows in the leader's groups, whatever
 * may happen to the connection. */
static bool
systemd_create(const Machine *machine, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + BUS_SECONDS * G_USEC_PER_SEC;
    g_autofree char *what = g_strdup_printf("start scope '%s'", machine->scope);
    g_auto(Bus) bus = { NULL };

    if (!bus_open_systemd(&bus, error) ||
        !bus_call(&bus, &bus_systemd, new_start(&bus, machine), what, error))
        return false;
    while (!leader_is_placed(machine)) {
        if (g_get_monotonic_time() > deadline)
            return fail(error, FAILURE_OPERATION_TIMEOUT,
                        "systemd did not %s: the container is not in it after %d s", what,
                        BUS_SECONDS);
        g_usleep(JOB_PAUSE_US);
    }
    return true;
}

bool
systemd_stop_scope(Bus *bus, const char *scope, GError **error)
{
    static const char *const gone[] = { "org.freedesktop.systemd1.NoSuchUnit",
                                        DBUS_ERROR_SERVICE_UNKNOWN, DBUS_ERROR_NAME_HAS_NO_OWNER,
                                        NULL };
    DBusMessage *call = bus_new_call(bus, &bus_systemd, "StopUnit");
    g_autofree char *what = g_strdup_printf("stop scope '%s'", scope);
    g_autoptr(GError) local = NULL;
    const char *mode = "replace";

    dbus_message_append_args(call, DBUS_TYPE_STRING, &scope, DBUS_TYPE_STRING, &mode,
                             DBUS_TYPE_INVALID);
    if (bus_call(bus, &bus_systemd, call, what, &local) || g_strv_contains(gone, bus->refusal))
        return true;
    g_propagate_error(error, g_steal_pointer(&local));
    return false;
}

const PlacementKind placement_systemd = { "systemd", systemd_probe, systemd_create };
