/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that subscribe to events. */
#include "controller/wire/failure.h"
#include "driver/abi/access.h"
#include "driver/api.h"
#include "driver/events.h"
#include "driver/report.h"

static bool
begin(virConnectPtr conn, Access access, GError **error)
{
    if (!access_check_connect(conn, access, error))
        return false;
    if (!events_state())
        return fail(error, FAILURE_INTERNAL, "there are no events: see the daemon's log");
    return true;
}

static int
api_connect_domain_event_register(virConnectPtr conn, virConnectDomainEventCallback callback,
                                  void *opaque, virFreeCallback free_opaque)
{
    g_autoptr(GError) error = NULL;

    if (!begin(conn, ACL(virConnectDomainEventRegisterEnsureACL), &error))
        return report(error);
    return event_state_register(events_state(), conn, callback, opaque, free_opaque);
}

static int
api_connect_domain_event_deregister(virConnectPtr conn, virConnectDomainEventCallback callback)
{
    g_autoptr(GError) error = NULL;

    if (!begin(conn, ACL(virConnectDomainEventDeregisterEnsureACL), &error))
        return report(error);
    return event_state_deregister(events_state(), conn, callback);
}

static int
api_connect_domain_event_register_any(virConnectPtr conn, virDomainPtr domain, int event,
                                      virConnectDomainEventGenericCallback callback, void *opaque,
                                      virFreeCallback free_opaque)
{
    EventRequest request = { domain, event, callback, opaque, free_opaque };
    g_autoptr(GError) error = NULL;

    if (!begin(conn, ACL(virConnectDomainEventRegisterAnyEnsureACL), &error))
        return report(error);
    return event_state_register_any(events_state(), conn, &request);
}

static int
api_connect_domain_event_deregister_any(virConnectPtr conn, int id)
{
    g_autoptr(GError) error = NULL;

    if (!begin(conn, ACL(virConnectDomainEventDeregisterAnyEnsureACL), &error))
        return report(error);
    return event_state_deregister_any(events_state(), conn, id);
}

const ApiSlot event_api[] = {
    API(connectDomainEventRegister, api_connect_domain_event_register),
    API(connectDomainEventDeregister, api_connect_domain_event_deregister),
    API(connectDomainEventRegisterAny, api_connect_domain_event_register_any),
    API(connectDomainEventDeregisterAny, api_connect_domain_event_deregister_any),
    { NULL, NULL },
};
