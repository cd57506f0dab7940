/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loading of schemas: files put into one document, compiled, kept. */
#include "xml/schema.h"

#include <string.h>

#include "controller/wire/failure.h"
#include "xml/document.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlRelaxNGParserCtxt, xmlRelaxNGFreeParserCtxt)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlRelaxNGValidCtxt, xmlRelaxNGFreeValidCtxt)

typedef struct {
    const char *directory;
    GHashTable *names; /* of the files that are in the document */
    xmlDoc *document;
} Loading;

/* What libxml2 says of a grammar or a document, in place of its messages on stderr. */
typedef struct {
    char *text;
    long line;
} Remark;

/* libxml2 2.12 made the error const */
#if LIBXML_VERSION >= 21200
typedef const xmlError RemarkError;
#else
typedef xmlError RemarkError;
#endif

static void
remark_take(void *data, RemarkError *from)
{
    Remark *remark = data;
    const xmlNode *node = from->node;

    g_free(remark->text);
    remark->text = g_strchomp(g_strdup(from->message ? from->message : "no reason is given"));
    /* int1 and the line of the error itself end at 65535 */
    remark->line = node ? xmlGetLineNo(node) : from->line;
}

bool
schema_node_is(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && node->ns &&
           g_str_equal(node->ns->href, SCHEMA_NAMESPACE) && g_str_equal(node->name, name);
}

static bool loading_add(Loading *loading, const char *name, xmlNode *before, GError **error);

/* Puts the included file in place of the <include>. */
static bool
loading_include(Loading *loading, xmlNode *include, GError **error)
{
    xmlChar *href = xmlGetNoNsProp(include, BAD_CAST "href");
    g_autofree char *name = g_strdup((const char *)href);
    bool added;

    xmlFree(href);
    if (!name || strchr(name, '/'))
        return fail(error, FAILURE_INTERNAL, "schema in %s includes '%s': a file name is needed",
                    loading->directory, name ? name : "");
    added =
        g_hash_table_contains(loading->names, name) || loading_add(loading, name, include, error);
    xmlUnlinkNode(include);
    xmlFreeNode(include);
    return added;
}

static bool
loading_resolve(Loading *loading, xmlNode *grammar, GError **error)
{
    xmlNode *node;
    xmlNode *next;

    for (node = grammar->children; node; node = next) {
        next = node->next;
        if (schema_node_is(node, "include") && !loading_include(loading, node, error))
            return false;
    }
    return true;
}

/* Adds the file @name before the node that includes it, or as the document when there is none. */
static bool
loading_add(Loading *loading, const char *name, xmlNode *before, GError **error)
{
    g_autofree char *path = g_build_filename(loading->directory, name, NULL);
    g_autofree char *text = NULL;
    g_autoptr(xmlDoc) document = NULL;
    g_autoptr(GError) cause = NULL;
    xmlNode *root;
    xmlNode *node;
    xmlNode *part;

    if (!g_file_get_contents(path, &text, NULL, &cause) ||
        !(document = document_parse(text, &cause)))
        return fail(error, FAILURE_INTERNAL,
                    "cannot use schema %s: %s; reinstall it, or define without --validate", path,
                    cause->message);
    root = xmlDocGetRootElement(document);
    g_hash_table_add(loading->names, g_strdup(name));
    if (!before) {
        loading->document = g_steal_pointer(&document);
        return loading_resolve(loading, root, error);
    }
    /* a <div> keeps what the root element says for all below it */
    part = xmlDocCopyNode(root, loading->document, 1);
    xmlNodeSetName(part, BAD_CAST "div");
    xmlAddPrevSibling(before, part);
    for (node = part->children; node; node = node->next) {
        if (schema_node_is(node, "start"))
            return fail(error, FAILURE_INTERNAL, "schema %s is included and has a <start>", path);
    }
    return loading_resolve(loading, part, error);
}

static void
defines_collect(GHashTable *defines, xmlNode *parent)
{
    xmlNode *node;

    for (node = parent->children; node; node = node->next) {
        if (schema_node_is(node, "div"))
            defines_collect(defines, node);
        else if (schema_node_is(node, "define"))
            g_hash_table_insert(defines, (char *)xmlGetNoNsProp(node, BAD_CAST "name"), node);
    }
}

xmlRelaxNG *
schema_compile(xmlDoc *document, const char *what, GError **error)
{
    g_autoptr(xmlRelaxNGParserCtxt) parser = xmlRelaxNGNewDocParserCtxt(document);
    Remark remark = { NULL, 0 };
    xmlRelaxNG *grammar;

    if (!parser)
        g_error("out of memory");
    xmlRelaxNGSetParserStructuredErrors(parser, remark_take, &remark);
    if (!(grammar = xmlRelaxNGParse(parser)))
        fail(error, FAILURE_INTERNAL, "cannot use schema %s: %s", what,
             remark.text ? remark.text : "it does not compile");
    g_free(remark.text);
    return grammar;
}

bool
schema_accepts(xmlRelaxNG *grammar, xmlDoc *document, long *ret_line, char **ret_message)
{
    g_autoptr(xmlRelaxNGValidCtxt) context = xmlRelaxNGNewValidCtxt(grammar);
    Remark remark = { NULL, 0 };
    bool valid;

    if (!context)
        g_error("out of memory");
    xmlRelaxNGSetValidStructuredErrors(context, remark_take, &remark);
    valid = xmlRelaxNGValidateDoc(context, document) == 0;
    if (ret_line)
        *ret_line = remark.line;
    if (ret_message)
        *ret_message = g_strdup(remark.text);
    g_free(remark.text);
    return valid;
}

static Schema *
schema_load(const char *directory, const char *name, GError **error)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Loading loading = { directory, names, NULL };
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autoptr(xmlDoc) document = NULL;
    xmlRelaxNG *grammar;
    bool added = loading_add(&loading, name, NULL, error);
    Schema *schema;

    document = loading.document;
    if (!added || !(grammar = schema_compile(document, path, error)))
        return NULL;
    schema = g_new0(Schema, 1);
    schema->document = g_steal_pointer(&document);
    schema->grammar = grammar;
    schema->defines = g_hash_table_new(g_str_hash, g_str_equal);
    defines_collect(schema->defines, xmlDocGetRootElement(schema->document));
    return schema;
}

const Schema *
schema_get(const char *directory, const char *name, GError **error)
{
    static GMutex mutex;
    static GHashTable *schemas; /* path → Schema * */
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);
    Schema *schema;

    if (!schemas)
        schemas = g_hash_table_new(g_str_hash, g_str_equal);
    if ((schema = g_hash_table_lookup(schemas, path)))
        return schema;
    if ((schema = schema_load(directory, name, error)))
        g_hash_table_insert(schemas, g_steal_pointer(&path), schema);
    return schema;
}
