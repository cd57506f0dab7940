/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domain events, ready to be given to event_state_queue(). */
#pragma once

#include "driver/abi/event-state.h"

#include <libvirt/libvirt.h>

/* The domain that an event is about; borrowed for the call. @id is -1 for an inactive one. */
typedef struct {
    int id;
    const char *name;
    const unsigned char *uuid;
} EventSubject;

/*
 * Each returns an event to queue, or NULL when libvirt cannot make it (event_state_queue() takes
 * that). None needs the client's connection; all are safe in any thread.
 */
Event *event_new_lifecycle(const EventSubject *subject, int type, int detail);
Event *event_new_reboot(const EventSubject *subject);
Event *event_new_control_error(const EventSubject *subject);
Event *event_new_balloon(const EventSubject *subject, unsigned long long kib);
Event *event_new_device_added(const EventSubject *subject, const char *alias);
Event *event_new_device_removed(const EventSubject *subject, const char *alias);
Event *event_new_device_removal_failed(const EventSubject *subject, const char *alias);
Event *event_new_agent(const EventSubject *subject, int state, int reason);
Event *event_new_metadata(const EventSubject *subject, int type, const char *uri);
Event *event_new_block_threshold(const EventSubject *subject, const char *device, const char *path,
                                 unsigned long long threshold, unsigned long long excess);
Event *event_new_memory_failure(const EventSubject *subject, int recipient, int action,
                                unsigned int flags);

/* @params (virTypedParamsAdd…) are taken over in every case. */
Event *event_new_tunable(const EventSubject *subject, virTypedParameterPtr params, int count);
Event *event_new_job_completed(const EventSubject *subject, virTypedParameterPtr params, int count);
