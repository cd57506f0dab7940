/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the vcpus of a definition mean for a container, whose tasks are no vcpus. */
#pragma once

#include "xml/definition.h"

#define PROCESSORS_PERIOD UINT64_C(100000) /* microseconds, the kernel's own */

/*
 * The host's processors the guest may run on: those of all its vcpus, each as pinned, or else as
 * the cpuset says. NULL: all. Free with g_free().
 */
char *processors_allowed(const Definition *definition);

/*
 * Microseconds per period: <quota>, and at most the time of as many processors as there are vcpus
 * online when that is fewer than <vcpu>. @always (vcpus_are_quota of lxc.conf): where nothing is
 * said, the time of the vcpus online. -1: no limit; 0: nothing is said.
 */
int64_t processors_quota(const Definition *definition, bool always);

/* The pin of a vcpu, or NULL. */
CpuPin *processors_pin(const Definition *definition, unsigned vcpu);

/* Pins a vcpu; the list is canonical and copied. */
void processors_set_pin(Definition *definition, unsigned vcpu, const char *list);
