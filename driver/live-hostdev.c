/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of the host that a running guest has nodes of. */
#include "driver/nodes.h"

const LiveKind live_hostdev = { "hostdev", nodes_grant, nodes_revoke, NULL };
