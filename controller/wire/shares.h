/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPU shares of cgroup v1, which are the unit of domains and of container definitions, and weights
 * of v2. */
#pragma once

#include <glib.h>
#include <stdint.h>

#define SHARES_MIN        2
#define SHARES_MAX        262144
#define SHARES_DEFAULT    1024
#define SHARES_WEIGHT_MAX 10000

/* 1024 shares are the default weight 100. Rounded up, so that the weight comes back. */
static inline uint64_t
shares_of_weight(uint64_t weight)
{
    return MAX((weight * 1024 + 99) / 100, SHARES_MIN);
}

static inline uint64_t
weight_of_shares(uint64_t shares)
{
    return CLAMP(MIN(shares, (uint64_t)SHARES_MAX) * 100 / 1024, 1, SHARES_WEIGHT_MAX);
}
