/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verdict is libxml2's; the words are those of validate-explain.c where it finds some. */
#include "xml/validate.h"

#include "config.h"
#include "controller/wire/failure.h"
#include "xml/schema.h"
#include "xml/validate-explain.h"

bool
validate_document(xmlDoc *document, const char *directory, GError **error)
{
    xmlNode *root = xmlDocGetRootElement(document);
    bool domain = g_str_equal(root->name, "domain");
    g_autofree char *message = NULL;
    const Schema *schema;
    long line;

    if (!(schema = schema_get(directory ? directory : SCHEMADIR,
                              domain ? "domain.rng" : "device.rng", error)))
        return false;
    if (schema_accepts(schema->grammar, document, &line, &message))
        return true;
    if (!validate_explain(schema, root, error))
        return false;
    return fail(
        error, FAILURE_XML_INVALID_SCHEMA,
        "element <%s> does not fit together (line %ld): %s; correct it, or define it without "
        "--validate",
        (const char *)root->name, line, message ? message : "no reason is given");
}
