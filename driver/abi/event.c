/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domain events, ready to be given to event_state_queue(). */
#include "driver/abi/event.h"

#include "driver/abi/error.h"
#include "driver/abi/object.h"
#include "driver/abi/symbols.h"

/*
 * Most constructors copy the domain from a client's object. There is none in our threads, so one is
 * made for the call on the connection that nobody uses; delivery makes another on each
 * subscriber's. A thread's last error may belong to a call that is under way and is kept.
 */
typedef struct {
    virDomainPtr domain;
    virErrorPtr saved;
} Stand;

static bool
stand_in(Stand *stand, const EventSubject *subject)
{
    virConnectPtr conn = object_blank_connection();

    stand->saved = abi_error_save();
    stand->domain =
        conn ? object_new_domain(conn, subject->name, subject->uuid, subject->id) : NULL;
    return stand->domain != NULL;
}

static void
stand_clear(Stand *stand)
{
    if (stand->domain)
    private.virObjectUnref(stand->domain);
    abi_error_restore(stand->saved);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Stand, stand_clear)

/* The event that @constructor makes for @subject, or NULL if this libvirt lacks it. */
#define EVENT_NEW(constructor, ...)                         \
    g_auto(Stand) stand = { NULL };                         \
                                                            \
    if (!private.constructor || !stand_in(&stand, subject)) \
        return NULL;                                        \
    return private.constructor(stand.domain, ##__VA_ARGS__)

Event *
event_new_lifecycle(const EventSubject *subject, int type, int detail)
{
    return private.virDomainEventLifecycleNew(subject->id, subject->name, subject->uuid, type,
                                              detail);
}

Event *
event_new_reboot(const EventSubject *subject)
{
    return private.virDomainEventRebootNew(subject->id, subject->name, subject->uuid);
}

Event *
event_new_control_error(const EventSubject *subject)
{
    EVENT_NEW(virDomainEventControlErrorNewFromDom);
}

Event *
event_new_balloon(const EventSubject *subject, unsigned long long kib)
{
    EVENT_NEW(virDomainEventBalloonChangeNewFromDom, kib);
}

Event *
event_new_device_added(const EventSubject *subject, const char *alias)
{
    EVENT_NEW(virDomainEventDeviceAddedNewFromDom, alias);
}

Event *
event_new_device_removed(const EventSubject *subject, const char *alias)
{
    EVENT_NEW(virDomainEventDeviceRemovedNewFromDom, alias);
}

Event *
event_new_device_removal_failed(const EventSubject *subject, const char *alias)
{
    EVENT_NEW(virDomainEventDeviceRemovalFailedNewFromDom, alias);
}

Event *
event_new_agent(const EventSubject *subject, int state, int reason)
{
    EVENT_NEW(virDomainEventAgentLifecycleNewFromDom, state, reason);
}

Event *
event_new_metadata(const EventSubject *subject, int type, const char *uri)
{
    EVENT_NEW(virDomainEventMetadataChangeNewFromDom, type, uri);
}

Event *
event_new_block_threshold(const EventSubject *subject, const char *device, const char *path,
                          unsigned long long threshold, unsigned long long excess)
{
    EVENT_NEW(virDomainEventBlockThresholdNewFromDom, device, path, threshold, excess);
}

Event *
event_new_memory_failure(const EventSubject *subject, int recipient, int action, unsigned int flags)
{
    EVENT_NEW(virDomainEventMemoryFailureNewFromDom, recipient, action, flags);
}

Event *
event_new_tunable(const EventSubject *subject, virTypedParameterPtr params, int count)
{
    g_auto(Stand) stand = { NULL };
    Event *event = NULL;

    /* libvirt frees them itself and sets the pointer to NULL, on failure as well */
    if (private.virDomainEventTunableNewFromDom && stand_in(&stand, subject))
        event = private.virDomainEventTunableNewFromDom(stand.domain, &params, count);
    else
        virTypedParamsFree(params, count);
    return event;
}

Event *
event_new_job_completed(const EventSubject *subject, virTypedParameterPtr params, int count)
{
    g_auto(Stand) stand = { NULL };
    Event *event = NULL;

    if (private.virDomainEventJobCompletedNewFromDom && stand_in(&stand, subject))
        event = private.virDomainEventJobCompletedNewFromDom(stand.domain, params, count);
    else
        virTypedParamsFree(params, count);
    return event;
}
