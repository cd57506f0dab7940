/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads untrusted XML text into libxml2's tree, within limits. */
#pragma once

#include <glib.h>
#include <libxml/tree.h>
#include <stdbool.h>

#define DOCUMENT_SIZE_MAX (8 * 1024 * 1024) /* bytes */

/*
 * Parses @xml: UTF-8, at most DOCUMENT_SIZE_MAX bytes, at most 256 levels deep (libxml2's own
 * limit), no document type declaration and hence no entities beyond the five, nothing from the
 * network or other files. Blanks between elements are dropped. FAILURE_XML_DETAIL says line and
 * cause. Free with xmlFreeDoc().
 */
xmlDoc *document_parse(const char *xml, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)
