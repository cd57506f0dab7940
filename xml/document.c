/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading of XML text with all the risky parts of libxml2 off. */
#include "xml/document.h"

#include <libxml/parser.h>
#include <string.h>

#include "controller/wire/failure.h"

#define DOCUMENT_OPTIONS                                                              \
    (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOBLANKS | \
     XML_PARSE_NOCDATA | XML_PARSE_COMPACT)

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlParserCtxt, xmlFreeParserCtxt)

/* Stops at "<!DOCTYPE" before anything in it (entities, external subsets) is looked at. */
static void
document_refuse_doctype(void *data, const xmlChar *name, const xmlChar *external,
                        const xmlChar *system)
{
    xmlParserCtxt *parser = data;

    *(bool *)parser->_private = true;
    xmlStopParser(parser);
}

static bool
document_check_text(const char *xml, size_t length, GError **error)
{
    const char *end;

    if (length > DOCUMENT_SIZE_MAX)
        return fail(error, FAILURE_XML, "the document is larger than %d MiB",
                    DOCUMENT_SIZE_MAX / 1024 / 1024);
    if (!g_utf8_validate(xml, (gssize)length, &end))
        return fail(error, FAILURE_XML_DETAIL, "the document is not valid UTF-8 at byte %zu",
                    (size_t)(end - xml));
    return true;
}

xmlDoc *
document_parse(const char *xml, GError **error)
{
    g_autoptr(xmlParserCtxt) parser = NULL;
    g_autoptr(xmlDoc) document = NULL;
    size_t length = strlen(xml);
    bool doctype = false;
    const xmlError *last;

    if (!document_check_text(xml, length, error))
        return NULL;
    if (!(parser = xmlNewParserCtxt()) || !parser->sax)
        g_error("out of memory");
    parser->_private = &doctype;
    parser->sax->internalSubset = document_refuse_doctype;
    document = xmlCtxtReadMemory(parser, xml, (int)length, NULL, "UTF-8", DOCUMENT_OPTIONS);
    if (doctype) {
        fail(error, FAILURE_XML_DETAIL,
             "a document type declaration is not allowed; remove <!DOCTYPE>");
        return NULL;
    }
    if (!document || !xmlDocGetRootElement(document)) {
        last = xmlCtxtGetLastError(parser);
        fail(error, FAILURE_XML_DETAIL, "XML is not well-formed (line %d): %s",
             last ? last->line : 1,
             last && last->message ? g_strchomp(last->message) : "no element");
        return NULL;
    }
    return g_steal_pointer(&document);
}
