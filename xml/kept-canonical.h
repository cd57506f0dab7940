/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvirt does to elements that we keep: order, and what only a running guest has. */
#pragma once

#include "xml/field.h"
#include "xml/kept.h"

/* Order of attributes; drops what only a running guest has unless the context is live. */
void kept_make_canonical(Kept *kept, const XmlContext *context);

/* Drops what only a running guest has. */
void kept_make_inactive(Kept *kept);
