/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests to a System V style init through its FIFO, made by a worker inside the guest. */
#pragma once

#include "driver/domain.h"

/* run levels */
#define INITCTL_POWEROFF '0'
#define INITCTL_REBOOT   '6'

/*
 * Asks for run level @level. FAILURE_OPERATION_UNSUPPORTED when the guest has no FIFO that anybody
 * reads, FAILURE_OPERATION_TIMEOUT when the worker does not finish. No lock is held.
 */
bool initctl_request(Domain *domain, char level, GError **error);
