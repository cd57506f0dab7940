/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Links of a running guest, which workers make, change and remove. */
#pragma once

#include "controller/wire/interface.h"
#include "driver/live.h"

/* Whether the guest has a network of its own, where links can come; otherwise
 * FAILURE_OPERATION_INVALID. */
bool links_are_possible(const LiveChange *change, GError **error);

/* Each does all or nothing. The answer of the first has the interface as it came to be. */
Message *links_make(LiveChange *change, const ContainerInterface *interface, GError **error);
bool links_remove(LiveChange *change, const ContainerInterface *interface, GError **error);
/* @port: also as a port of its bridge */
bool links_change(LiveChange *change, const ContainerInterface *interface, bool port,
                  GError **error);
