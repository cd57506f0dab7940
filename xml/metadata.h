/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The <metadata> of a domain, one element per XML namespace: virDomainGetMetadata,
 * virDomainSetMetadata. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "xml/definition.h"

/*
 * The element of namespace @uri as text without the namespace declaration the domain gave it, as
 * virDomainGetMetadata returns it. FAILURE_NO_METADATA when there is none. Free with g_free().
 */
char *metadata_get(const Definition *definition, const char *uri, GError **error);

/*
 * Replaces the element of namespace @uri by @xml, put into that namespace with prefix @key; a NULL
 * @xml removes it (no error when there was none). FAILURE_XML when @xml is not one well-formed
 * element; FAILURE_INVALID_ARG without @key.
 */
bool metadata_set(Definition *definition, const char *uri, const char *key, const char *xml,
                  GError **error);

/* <title> and <description>: a NULL or empty @text removes; a title with a newline is
 * FAILURE_INVALID_ARG. */
bool metadata_set_title(Definition *definition, const char *text, GError **error);
void metadata_set_description(Definition *definition, const char *text);
