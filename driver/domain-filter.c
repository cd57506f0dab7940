/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters of lists of domains. */
#include "driver/domain-filter.h"

Listed
listed_of(Domain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    return (Listed){ domain_is_active(domain), domain->config != NULL, domain->autostart,
                     domain->state, domain_id(domain) };
}

static unsigned int
listed_state_flag(virDomainState state)
{
    switch (state) {
    case VIR_DOMAIN_RUNNING:
        return VIR_CONNECT_LIST_DOMAINS_RUNNING;
    case VIR_DOMAIN_PAUSED:
        return VIR_CONNECT_LIST_DOMAINS_PAUSED;
    case VIR_DOMAIN_SHUTOFF:
        return VIR_CONNECT_LIST_DOMAINS_SHUTOFF;
    default:
        return VIR_CONNECT_LIST_DOMAINS_OTHER;
    }
}

/* The flags that hold for a domain, one of each group: containers have neither saved images nor
 * snapshots nor checkpoints. */
static unsigned int
listed_flags(const Listed *listed)
{
    return (listed->active ? VIR_CONNECT_LIST_DOMAINS_ACTIVE : VIR_CONNECT_LIST_DOMAINS_INACTIVE) |
           (listed->persistent ? VIR_CONNECT_LIST_DOMAINS_PERSISTENT
                               : VIR_CONNECT_LIST_DOMAINS_TRANSIENT) |
           (listed->autostart ? VIR_CONNECT_LIST_DOMAINS_AUTOSTART
                              : VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART) |
           listed_state_flag(listed->state) | VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE |
           VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT | VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT;
}

static const unsigned int filter_groups[] = {
    VIR_CONNECT_LIST_DOMAINS_ACTIVE | VIR_CONNECT_LIST_DOMAINS_INACTIVE,
    VIR_CONNECT_LIST_DOMAINS_PERSISTENT | VIR_CONNECT_LIST_DOMAINS_TRANSIENT,
    VIR_CONNECT_LIST_DOMAINS_RUNNING | VIR_CONNECT_LIST_DOMAINS_PAUSED |
        VIR_CONNECT_LIST_DOMAINS_SHUTOFF | VIR_CONNECT_LIST_DOMAINS_OTHER,
    VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE | VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE,
    VIR_CONNECT_LIST_DOMAINS_AUTOSTART | VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART,
    VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT | VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT,
    VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT | VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT,
};

unsigned int
domain_filters_all(void)
{
    unsigned int all = 0;
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(filter_groups); i++)
        all |= filter_groups[i];
    return all;
}

bool
listed_matches(const Listed *listed, unsigned int flags)
{
    unsigned int holds = listed_flags(listed);
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(filter_groups); i++) {
        unsigned int wanted = flags & filter_groups[i];

        if (wanted && !(wanted & holds))
            return false;
    }
    return true;
}

bool
domain_filter_matches(Domain *domain, unsigned int flags)
{
    Listed listed = listed_of(domain);

    return listed_matches(&listed, flags);
}
