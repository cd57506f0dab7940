/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPU shares of cgroup v1 (a domain's unit) and weights of v2. */
#pragma once

#include <glib.h>
#include <stdint.h>

#define SHARES_WEIGHT_MAX 10000

/* The scale of the launcher: 1024 shares are the default weight 100. Rounded up, so that the weight
 * comes back. */
static inline uint64_t
shares_of_weight(uint64_t weight)
{
    return MAX((weight * 1024 + 99) / 100, 2);
}

static inline uint64_t
weight_of_shares(uint64_t shares)
{
    return CLAMP(MIN(shares, UINT64_C(262144)) * 100 / 1024, 1, SHARES_WEIGHT_MAX);
}
