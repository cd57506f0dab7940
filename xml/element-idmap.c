/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <idmap>: rows of one range. */
#include "xml/element-idmap.h"

#include <stddef.h>

#include "xml/elements.h"

static const XmlField idmap_fields[] = {
    { "@start", FIELD_UINT, offsetof(IdMapEntry, start), FIELD_REQUIRED | FIELD_ALWAYS,
      .max = UINT32_MAX },
    { "@target", FIELD_UINT, offsetof(IdMapEntry, target), FIELD_REQUIRED | FIELD_ALWAYS,
      .max = UINT32_MAX },
    { "@count", FIELD_UINT, offsetof(IdMapEntry, count), FIELD_REQUIRED | FIELD_ALWAYS,
      .max = UINT32_MAX },
    { NULL },
};

const XmlType idmap_entry_type = { "idmap", sizeof(IdMapEntry), idmap_fields, .free = g_free };
