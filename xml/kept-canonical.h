/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvirt does to elements that we keep: defaults, order, and what only a running guest has.
 */
#pragma once

#include "xml/field.h"
#include "xml/kept.h"

/* Order of children and attributes, defaults (a MAC address, the family of an ip); drops what only
 * a running guest has unless the context is live. */
bool kept_make_canonical(Kept *kept, const XmlContext *context, GError **error);

/* Drops what only a running guest has. */
void kept_make_inactive(Kept *kept);
