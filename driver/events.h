/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Emitting libvirt events about a domain. Call without the domain's lock. */
#pragma once

#include "driver/abi/event-state.h"
#include "driver/domain.h"

/* The subscriptions of all clients; made at first use, NULL when libvirt cannot. */
EventState *events_state(void);

/* VIR_DOMAIN_EVENT_STARTED … with its detail. @id: the id the event carries. */
void event_lifecycle(Domain *domain, int id, int type, int detail);
/* virConnectDomainEventAgentLifecycleState and …Reason */
void event_agent(Domain *domain, int state, int reason);
void event_reboot(Domain *domain, int id);
/* Nobody can tell any more how the guest is. */
void event_control_error(Domain *domain, int id);
/* The kernel ended programs of the guest because it used all the memory it may. */
void event_memory_failure(Domain *domain);
/* The guest may use @kib of memory now. */
void event_balloon(Domain *domain, unsigned long long kib);
/* @params (virTypedParamsAdd…) are taken over. */
void event_tunable(Domain *domain, virTypedParameterPtr params, int count);
/* Of a device that came to a running guest, has left it, or could not leave it. */
void event_device_added(Domain *domain, const char *alias);
void event_device_removed(Domain *domain, const char *alias);
void event_device_removal_failed(Domain *domain, const char *alias);
/* What @device, which is @path on the host, takes there has come to @bytes, and is @excess more. */
void event_block_threshold(Domain *domain, const char *device, const char *path,
                           unsigned long long bytes, unsigned long long excess);
void event_metadata_change(Domain *domain, int type, const char *uri);
