/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's public objects, made and filled from our side. */
#pragma once

#include <libvirt/libvirt.h>
#include <stdbool.h>

/*
 * A new reference for a client; @id is -1 for an inactive domain. NULL: libvirt has reported it.
 * Never keep one: it holds the client's connection open.
 */
virDomainPtr object_new_domain(virConnectPtr conn, const char *name, const unsigned char *uuid,
                               int id);

/*
 * Writes the id of a domain just started into the caller's own object. Does nothing if a self-check
 * cannot find where this libvirt keeps the id; the client then has to look the domain up again.
 */
void object_set_domain_id(virDomainPtr domain, int id);

/* A connection that belongs to no client, made once and kept for ever; borrowed. May be NULL. */
virConnectPtr object_blank_connection(void);
