/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `virsh define --validate`: documents against the schemas of schemas/. */
#pragma once

#include <glib.h>
#include <libxml/tree.h>
#include <stdbool.h>

/*
 * Whether a whole <domain>, or a device by itself, is what the schemas describe. @directory is
 * where they are; NULL stands for where they are installed. FAILURE_XML_INVALID_SCHEMA names line,
 * element and what is possible there; FAILURE_INTERNAL says why the schema cannot be used. May be
 * called from many threads, each with its own document; the document's text stays as it is.
 */
bool validate_document(xmlDoc *document, const char *directory, GError **error);
