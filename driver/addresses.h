/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses of a guest's interfaces, by where they are known from. */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>

#include "driver/domain.h"

/* GPtrArray of virDomainInterfacePtr, freed with its elements; NULL with error. */
typedef GPtrArray *(*AddressSource)(Domain *domain, GError **error);

/* An array for a source to fill. */
GPtrArray *addresses_new(void);

/* Appends an interface without addresses; @hardware may be NULL. Borrowed. */
virDomainInterfacePtr addresses_add_interface(GPtrArray *interfaces, const char *name,
                                              const char *hardware);
/* @type: VIR_IP_ADDR_TYPE_… */
void addresses_add(virDomainInterfacePtr interface, int type, const char *address,
                   unsigned int prefix);
