/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls over D-Bus to the services that own the control groups of a host. One private connection
 * and no threads; every call ends after BUS_SECONDS, and what hangs before that (a bus that takes
 * connections and does not answer) is ended with the worker by whoever started it.
 */
#pragma once

#include <dbus/dbus.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define BUS_SECONDS 10

typedef struct {
    DBusConnection *connection;
    bool direct;   /* to systemd itself: there is no bus in between, and so no names */
    char *refusal; /* name of the error that answered the last call, NULL: none */
} Bus;

typedef struct {
    const char *title; /* in messages: "machined" */
    const char *name;
    const char *path;
    const char *interface;
} BusService;

extern const BusService bus_machined;
extern const BusService bus_systemd;

/* Connects to the system bus. FAILURE_OPERATION_FAILED when there is none. */
bool bus_open(Bus *bus, GError **error);

/* The same, or where no bus runs to systemd's own socket. */
bool bus_open_systemd(Bus *bus, GError **error);
void bus_close(Bus *bus);

/* Whether @service answers; the bus starts it where it can. */
bool bus_probe(Bus *bus, const BusService *service, GError **error);

/* A call of @service's @method; fill it, and give it to bus_call(). */
DBusMessage *bus_new_call(const Bus *bus, const BusService *service, const char *method);

/*
 * Sends @call, takes it over, and waits for the reply, which is dropped; sets bus->refusal. @what
 * says in a message what was asked: "create machine 'x'".
 * FAILURE_OPERATION_TIMEOUT without an answer, else FAILURE_OPERATION_FAILED.
 */
bool bus_call(Bus *bus, const BusService *service, DBusMessage *call, const char *what,
              GError **error);

/* Properties of a unit, a(sv): what begins is what bus_properties_end() closes. */
void bus_properties_begin(DBusMessageIter *to, DBusMessageIter *properties);
void bus_property_string(DBusMessageIter *properties, const char *name, const char *value);
void bus_property_strings(DBusMessageIter *properties, const char *name, const char *const *values);
void bus_property_bool(DBusMessageIter *properties, const char *name, bool value);
void bus_property_pid(DBusMessageIter *properties, const char *name, uint32_t pid);
void bus_properties_end(DBusMessageIter *to, DBusMessageIter *properties);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Bus, bus_close)
