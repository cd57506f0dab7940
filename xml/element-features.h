/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <features>: private network and capabilities. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
    CAPABILITY_POLICY_DEFAULT,
    CAPABILITY_POLICY_ALLOW,
    CAPABILITY_POLICY_DENY,
} CapabilityPolicy;

typedef enum {
    CAPABILITY_UNSET,
    CAPABILITY_ON,
    CAPABILITY_OFF,
} CapabilityState;

/* rows of capabilities_known[], in the order the XML prints them */
#define CAPABILITY_COUNT 41

typedef struct {
    const char *name;   /* in the domain: "sys_time" */
    const char *kernel; /* in capabilities(7): "CAP_SYS_TIME" */
    bool dropped;       /* by policy 'default', unless it is on */
} CapabilityKnown;

extern const CapabilityKnown capabilities_known[CAPABILITY_COUNT];

typedef struct {
    CapabilityPolicy policy;
    CapabilityState states[CAPABILITY_COUNT];
} Capabilities;

typedef struct {
    bool privnet;
    Capabilities capabilities;
    GPtrArray *kept; /* of Kept *: features of machines (acpi, apic …) */
} Features;

/* Whether the container keeps capability number @index of capabilities_known[]. */
bool capabilities_keep(const Capabilities *capabilities, unsigned index);

/* State asked for the capability with this XML name; CAPABILITY_UNSET for an unknown name. */
CapabilityState capabilities_state(const Capabilities *capabilities, const char *name);

/* Whether it is kept, by its XML name; false for an unknown one. */
bool capabilities_keep_named(const Capabilities *capabilities, const char *name);
