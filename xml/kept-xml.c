/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kept elements from libxml2's tree, and out again. */
#include "xml/kept-xml.h"

#include "xml/kept-canonical.h"

static Kept *
kept_read_tree(xmlNode *node)
{
    Kept *kept = kept_new((const char *)node->name);
    xmlAttr *attribute;
    xmlNode *child;

    for (attribute = node->properties; attribute; attribute = attribute->next) {
        g_autofree char *value = NULL;

        if (attribute->ns)
            continue;
        value = xml_text((xmlNode *)attribute);
        kept_add_attribute(kept, (const char *)attribute->name, value ? value : "");
    }
    for (child = node->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE && !child->ns)
            g_ptr_array_add(kept->children, kept_read_tree(child));
    }
    if (kept->children->len == 0)
        kept->text = xml_text(node);
    return kept;
}

Kept *
kept_read(const XmlContext *context, xmlNode *node, const char *place)
{
    Kept *kept = kept_read_tree(node);

    kept->place = place;
    kept_make_canonical(kept, context);
    return kept;
}

static bool
is_secret(const char *name)
{
    static const char *const secrets[] = { "passwd", "passwdValidTo", "password", "cookies", NULL };

    return g_strv_contains(secrets, name);
}

static void
kept_print_below(XmlWriter *writer, const Kept *kept)
{
    guint i;

    if (!writer->secure && is_secret(kept->name))
        return;
    writer_open(writer, kept->name);
    for (i = 0; i < kept->attributes->len; i++) {
        const KeptAttribute *attribute = kept->attributes->pdata[i];

        if (writer->secure || !is_secret(attribute->name))
            writer_attribute(writer, attribute->name, attribute->value);
    }
    if (kept->text) {
        writer_text(writer, kept->name, kept->text);
        return;
    }
    for (i = 0; i < kept->children->len; i++)
        kept_print_below(writer, kept->children->pdata[i]);
    writer_close(writer, kept->name);
}

void
kept_print(XmlWriter *writer, const Kept *kept)
{
    g_autoptr(Kept) configured = NULL;

    if (!writer->live) {
        configured = kept_copy(kept);
        kept_make_inactive(configured);
        kept = configured;
    }
    kept_print_below(writer, kept);
}
