/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events about domains. */
#include "driver/events.h"

#include "driver/abi/event-state.h"
#include "driver/abi/event.h"
#include "driver/report.h"

EventState *
events_state(void)
{
    static gsize made;
    static EventState *state;

    if (g_once_init_enter(&made)) {
        g_autoptr(GError) error = NULL;

        if (!(state = event_state_new(&error)))
            report_log("events", error);
        g_once_init_leave(&made, 1);
    }
    return state;
}

static void
queue(Event *event)
{
    if (events_state())
        event_state_queue(events_state(), event);
}

static EventSubject
event_subject(const Domain *domain, int id)
{
    return (EventSubject){ id, domain->name, domain->uuid };
}

void
event_lifecycle(Domain *domain, int id, int type, int detail)
{
    EventSubject subject = event_subject(domain, id);

    queue(event_new_lifecycle(&subject, type, detail));
}

void
event_agent(Domain *domain, int state, int reason)
{
    EventSubject subject = event_subject(domain, domain_id(domain));

    queue(event_new_agent(&subject, state, reason));
}

void
event_reboot(Domain *domain, int id)
{
    EventSubject subject = event_subject(domain, id);

    queue(event_new_reboot(&subject));
}

void
event_metadata_change(Domain *domain, int type, const char *uri)
{
    EventSubject subject = event_subject(domain, domain_id(domain));

    queue(event_new_metadata(&subject, type, uri));
}

void
event_block_threshold(Domain *domain, const char *device, const char *path,
                      unsigned long long bytes, unsigned long long excess)
{
    EventSubject subject = event_subject(domain, domain_id(domain));

    queue(event_new_block_threshold(&subject, device, path, bytes, excess));
}

void
event_control_error(Domain *domain, int id)
{
    EventSubject subject = event_subject(domain, id);

    queue(event_new_control_error(&subject));
}

void
event_memory_failure(Domain *domain)
{
    EventSubject subject = event_subject(domain, domain_id(domain));

    queue(event_new_memory_failure(&subject, VIR_DOMAIN_EVENT_MEMORY_FAILURE_RECIPIENT_GUEST,
                                   VIR_DOMAIN_EVENT_MEMORY_FAILURE_ACTION_INJECT, 0));
}

void
event_balloon(Domain *domain, unsigned long long kib)
{
    EventSubject subject = event_subject(domain, domain_id(domain));

    queue(event_new_balloon(&subject, kib));
}

void
event_tunable(Domain *domain, virTypedParameterPtr params, int count)
{
    EventSubject subject = event_subject(domain, domain_id(domain));

    queue(event_new_tunable(&subject, params, count));
}

void
event_device_added(Domain *domain, const char *alias)
{
    EventSubject subject = event_subject(domain, domain_id(domain));

    queue(event_new_device_added(&subject, alias));
}

void
event_device_removed(Domain *domain, const char *alias)
{
    EventSubject subject = event_subject(domain, domain_id(domain));

    queue(event_new_device_removed(&subject, alias));
}

void
event_device_removal_failed(Domain *domain, const char *alias)
{
    EventSubject subject = event_subject(domain, domain_id(domain));

    queue(event_new_device_removal_failed(&subject, alias));
}
