/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sending on what arrives at a link, by the kernel's traffic control. */
#pragma once

#include "controller/network/netlink.h"

/* All that arrives at link @from goes out by link @to, through its discipline; 0 or errno. What is
 * there already stays. */
int redirect_all(Netlink *netlink, int from, int to);

/* Ends that. */
void redirect_end(Netlink *netlink, int from);
