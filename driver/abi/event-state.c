/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who has subscribed to events of our domains, and the queue of events to them. */
#include "driver/abi/event-state.h"

#include "driver/abi/error.h"
#include "driver/abi/symbols.h"

EventState *
event_state_new(GError **error)
{
    EventState *state;

    if (!symbols_load(error))
        return NULL;
    if (!(state = private.virObjectEventStateNew()))
        abi_fail(error, FAILURE_INTERNAL, "cannot keep track of events");
    return state;
}

void
event_state_free(EventState *state)
{
    if (state)
    private.virObjectUnref(state);
}

void
event_state_queue(EventState *state, Event *event)
{
    if (event)
    private.virObjectEventStateQueue(state, event);
}

int
event_state_register(EventState *state, virConnectPtr conn, virConnectDomainEventCallback callback,
                     void *opaque, virFreeCallback free_opaque)
{
    int count = private.virDomainEventStateRegister(conn, state, callback, opaque, free_opaque);

    return count < 0 ? -1 : 0;
}

int
event_state_deregister(EventState *state, virConnectPtr conn,
                       virConnectDomainEventCallback callback)
{
    return private.virDomainEventStateDeregister(conn, state, callback) < 0 ? -1 : 0;
}

int
event_state_register_any(EventState *state, virConnectPtr conn, const EventRequest *request)
{
    int id = -1;

    if (private.virDomainEventStateRegisterID(conn, state, request->domain, request->event,
                                              request->callback, request->opaque,
                                              request->free_opaque, &id) < 0)
        return -1;
    return id;
}

int
event_state_deregister_any(EventState *state, virConnectPtr conn, int id)
{
    return private.virObjectEventStateDeregisterID(conn, state, id, true) < 0 ? -1 : 0;
}
