/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who has subscribed to events of our domains, and the queue of events to them. */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>

typedef struct PrivateEvent Event;
typedef struct PrivateEventState EventState;

/* Needs the daemon's event loop. FAILURE_INTERNAL when libvirt cannot make one. */
EventState *event_state_new(GError **error);
void event_state_free(EventState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EventState, event_state_free)

/* Consumes @event, which may be NULL; delivery is from the main loop. Thread-safe. */
void event_state_queue(EventState *state, Event *event);

/* What one registration asks for; @domain NULL: every domain. */
typedef struct {
    virDomainPtr domain;
    int event;
    virConnectDomainEventGenericCallback callback;
    void *opaque;
    virFreeCallback free_opaque;
} EventRequest;

/*
 * The four calls behind connectDomainEventRegister, …Deregister, …RegisterAny, …DeregisterAny. They
 * return what these slots return (RegisterAny: the callback id); -1: libvirt has reported it.
 */
int event_state_register(EventState *state, virConnectPtr conn,
                         virConnectDomainEventCallback callback, void *opaque,
                         virFreeCallback free_opaque);
int event_state_deregister(EventState *state, virConnectPtr conn,
                           virConnectDomainEventCallback callback);
int event_state_register_any(EventState *state, virConnectPtr conn, const EventRequest *request);
int event_state_deregister_any(EventState *state, virConnectPtr conn, int id);
