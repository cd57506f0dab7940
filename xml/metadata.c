/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Elements of <metadata>: to text, by namespace, and changing them. */
#include "xml/metadata.h"

#include <libxml/parser.h>
#include <string.h>

#include "controller/wire/failure.h"
#include "xml/document.h"
#include "xml/field.h"
#include "xml/metadata-xml.h"

#define METADATA_LEVEL 2 /* of the children of <metadata> in a domain */

static bool
is_of_namespace(const xmlNode *node, const char *uri)
{
    return node->type == XML_ELEMENT_NODE && node->ns && node->ns->href &&
           g_str_equal((const char *)node->ns->href, uri);
}

/*
 * Appends @node as text. The copy carries every namespace it uses: the declaration may stand on
 * <domain>, which is not printed.
 */
static void
metadata_append(GString *lines, xmlNode *node, int level)
{
    xmlNode *copy = xmlDocCopyNode(node, node->doc, 1);
    xmlBuffer *buffer = xmlBufferCreate();

    xmlNodeDump(buffer, node->doc, copy, level, 1);
    g_string_append(lines, (const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    xmlFreeNode(copy);
}

char *
metadata_text(xmlNode *metadata)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    GString *lines = g_string_new(NULL);
    xmlNode *node;

    for (node = metadata->children; node; node = node->next) {
        if (node->type != XML_ELEMENT_NODE || !node->ns || !node->ns->href ||
            !g_hash_table_add(seen, (gpointer)node->ns->href))
            continue;
        g_string_append_printf(lines, "%*s", METADATA_LEVEL * 2, "");
        metadata_append(lines, node, METADATA_LEVEL);
        g_string_append_c(lines, '\n');
    }
    return g_string_free(lines, lines->len == 0);
}

/* The metadata of a definition as a document with one root. */
static xmlDoc *
metadata_document(const Definition *definition, GError **error)
{
    g_autofree char *text = g_strdup_printf("<metadata>\n%s</metadata>",
                                            definition->metadata ? definition->metadata : "");

    return document_parse(text, error);
}

static xmlNode *
metadata_find(xmlDoc *document, const char *uri)
{
    xmlNode *node = xmlDocGetRootElement(document)->children;

    while (node && !is_of_namespace(node, uri))
        node = node->next;
    return node;
}

static void
namespace_change(xmlNode *node, const char *from, xmlNs *to)
{
    xmlNode *child;

    if (node->type != XML_ELEMENT_NODE)
        return;
    if (from ? is_of_namespace(node, from) : !node->ns)
        xmlSetNs(node, to);
    for (child = node->children; child; child = child->next)
        namespace_change(child, from, to);
}

/* Takes the declaration of @uri off @node, which nothing below uses any more. */
static void
namespace_remove(xmlNode *node, const char *uri)
{
    xmlNs **at = &node->nsDef;

    while (*at) {
        xmlNs *ns = *at;

        if (!ns->href || !g_str_equal((const char *)ns->href, uri)) {
            at = &ns->next;
            continue;
        }
        *at = ns->next;
        ns->next = NULL;
        xmlFreeNs(ns);
    }
}

static bool
attributes_use(const xmlNode *node, const char *uri)
{
    const xmlAttr *attribute;
    const xmlNode *child;

    if (node->type != XML_ELEMENT_NODE)
        return false;
    for (attribute = node->properties; attribute; attribute = attribute->next) {
        if (attribute->ns && attribute->ns->href &&
            g_str_equal((const char *)attribute->ns->href, uri))
            return true;
    }
    for (child = node->children; child; child = child->next) {
        if (attributes_use(child, uri))
            return true;
    }
    return false;
}

char *
metadata_get(const Definition *definition, const char *uri, GError **error)
{
    g_autoptr(xmlDoc) document = metadata_document(definition, error);
    GString *text;
    xmlNode *node;

    if (!document)
        return NULL;
    if (!(node = metadata_find(document, uri))) {
        fail(error, FAILURE_NO_METADATA, "domain '%s' has no metadata of namespace '%s'",
             definition->name, uri);
        return NULL;
    }
    namespace_change(node, uri, NULL);
    if (!attributes_use(node, uri))
        namespace_remove(node, uri);
    text = g_string_new(NULL);
    metadata_append(text, node, 0);
    return g_string_free(text, FALSE);
}

/* The element of @xml, moved into @document and namespace @uri; unlinked. */
static xmlNode *
metadata_element(xmlDoc *document, const char *uri, const char *key, const char *xml,
                 GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(xmlDoc) given = document_parse(xml, &cause);
    xmlNode *node;
    xmlNs *ns;

    if (!given) {
        fail(error, FAILURE_XML, "the metadata is not one XML element: %s", cause->message);
        return NULL;
    }
    node = xmlDocCopyNode(xmlDocGetRootElement(given), document, 1);
    if (!(ns = xmlNewNs(node, (const xmlChar *)uri, (const xmlChar *)key))) {
        fail(error, FAILURE_XML,
             "the metadata declares prefix '%s' itself; choose another key or prefix", key);
        xmlFreeNode(node);
        return NULL;
    }
    namespace_change(node, NULL, ns);
    if (is_of_namespace(node, uri))
        return node;
    fail(error, FAILURE_XML, "the metadata is an element of another namespace, '%s'",
         node->ns && node->ns->href ? (const char *)node->ns->href : "");
    xmlFreeNode(node);
    return NULL;
}

bool
metadata_set(Definition *definition, const char *uri, const char *key, const char *xml,
             GError **error)
{
    g_autoptr(xmlDoc) document = metadata_document(definition, error);
    xmlNode *old;
    xmlNode *new = NULL;

    if (!document)
        return false;
    if (!uri || !*uri)
        return fail(error, FAILURE_INVALID_ARG, "metadata needs the URI of a namespace");
    if (xml && (!key || xmlValidateNCName((const xmlChar *)key, 0) != 0))
        return fail(error, FAILURE_INVALID_ARG, "metadata needs a key that can be an XML prefix");
    if (xml && !(new = metadata_element(document, uri, key, xml, error)))
        return false;
    if ((old = metadata_find(document, uri))) {
        xmlUnlinkNode(old);
        xmlFreeNode(old);
    }
    if (new)
        xmlAddChild(xmlDocGetRootElement(document), new);
    g_free(definition->metadata);
    definition->metadata = metadata_text(xmlDocGetRootElement(document));
    return true;
}

bool
metadata_set_title(Definition *definition, const char *text, GError **error)
{
    if (text && strchr(text, '\n'))
        return fail(error, FAILURE_INVALID_ARG,
                    "a title must be one line; put the rest into the description");
    g_free(definition->title);
    definition->title = text && *text ? g_strdup(text) : NULL;
    return true;
}

void
metadata_set_description(Definition *definition, const char *text)
{
    g_free(definition->description);
    definition->description = text && *text ? g_strdup(text) : NULL;
}
