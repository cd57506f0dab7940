/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The filters of lists of domains: VIR_CONNECT_LIST_DOMAINS_ACTIVE … */
#pragma once

#include "driver/domain.h"

/* What a list looks at, taken under the lock once. */
typedef struct {
    bool active;
    bool persistent;
    bool autostart;
    virDomainState state;
    int id;
} Listed;

/* Takes the lock itself. */
Listed listed_of(Domain *domain);

/* Whether all groups of filters in @flags let it through; a group without a flag does. */
bool listed_matches(const Listed *listed, unsigned int flags);

/* listed_matches() of listed_of(). */
bool domain_filter_matches(Domain *domain, unsigned int flags);

/* All filters there are. */
unsigned int domain_filters_all(void);
