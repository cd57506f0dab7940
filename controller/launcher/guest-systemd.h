/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which systemd a guest is about to run. */
#pragma once

#include "controller/launcher/launch.h"

/* The first one that refuses to start where it sees no unified hierarchy. */
#define SYSTEMD_WITHOUT_V1 256

/* The version of the systemd that is the guest's init; 0 when its init is something else or nothing
 * tells. Guest files: only names are looked at. */
unsigned guest_systemd_version(const Launch *launch);
