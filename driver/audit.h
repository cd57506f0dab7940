/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel's audit trail hears of guests: the records that libvirt's own drivers write, in
 * their words. The caller holds busy; the lock must not be held.
 */
#pragma once

#include "driver/domain.h"
#include "xml/device.h"

/* Of a guest whose start has succeeded or failed: its labels, all it has got, then VIRT_CONTROL. */
void audit_start(Domain *domain, const char *reason, bool success);
/* Its init, with the pid namespace. */
void audit_init(Domain *domain);
/* @reason: "shutdown", "destroyed", "failed" … */
void audit_stop(Domain *domain, const char *reason);

/* A device that came (@device alone), went (@before alone) or was exchanged while the guest runs;
 * @reason is "attach", "detach" or "update". */
void audit_device(Domain *domain, const char *reason, const Device *before, const Device *device,
                  bool success);
/* Memory in KiB, and processors. */
void audit_memory(Domain *domain, unsigned long long before, unsigned long long after,
                  const char *reason, bool success);
void audit_vcpus(Domain *domain, unsigned before, unsigned after, bool success);
