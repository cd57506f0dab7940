/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The RelaxNG schemas of schemas/, loaded once. */
#pragma once

#include <glib.h>
#include <libxml/relaxng.h>
#include <libxml/tree.h>
#include <stdbool.h>

#define SCHEMA_NAMESPACE "http://relaxng.org/ns/structure/1.0"
#define SCHEMA_DATATYPES "http://www.w3.org/2001/XMLSchema-datatypes"

/* Shared by all threads, never changed, never freed. */
typedef struct {
    xmlDoc *document;    /* the grammar with what it includes in place */
    xmlRelaxNG *grammar; /* the same, compiled; contexts on it belong to one thread each */
    GHashTable *defines; /* name → xmlNode * of its <define> */
} Schema;

/*
 * The schema @name, "domain.rng", of @directory. From the second call on the one that the first has
 * loaded. FAILURE_INTERNAL names the file that cannot be used and why; nothing is remembered then.
 */
const Schema *schema_get(const char *directory, const char *name, GError **error);

/* Whether @node is the element @name of a schema. */
bool schema_node_is(const xmlNode *node, const char *name);

/* Compiles a grammar; @what is it for the message. Free with xmlRelaxNGFree(). */
xmlRelaxNG *schema_compile(xmlDoc *document, const char *what, GError **error);

/* Whether @document is valid; of a document that is not, *ret_line and *ret_message (free with
 * g_free()) are what libxml2 complains about last. NULL leaves them out. */
bool schema_accepts(xmlRelaxNG *grammar, xmlDoc *document, long *ret_line, char **ret_message);
