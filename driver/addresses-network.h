/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses of interfaces as the host knows them. */
#pragma once

#include "driver/addresses.h"

/* What the networks of the domain have leased. */
GPtrArray *addresses_leased(Domain *domain, GError **error);

/* The name that the guest had when a network leased it an address. FAILURE_NO_HOSTNAME: none. */
char *addresses_leased_host_name(Domain *domain, GError **error);

/* What the host's own neighbour tables say. */
GPtrArray *addresses_of_neighbours(Domain *domain, GError **error);
