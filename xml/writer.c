/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing of elements, attributes and text with libvirt's indentation and escaping. */
#include "xml/writer.h"

static void
writer_finish_tag(XmlWriter *writer)
{
    if (writer->tag_open)
        g_string_append(writer->out, ">\n");
    writer->tag_open = false;
}

static void
writer_indent(XmlWriter *writer)
{
    static const char blanks[] = "                                ";
    size_t wanted = (size_t)writer->level * 2;

    while (wanted > 0) {
        size_t some = MIN(wanted, sizeof(blanks) - 1);

        g_string_append_len(writer->out, blanks, some);
        wanted -= some;
    }
}

/*
 * Line ends and tabs in an attribute and carriage returns anywhere would be turned into something
 * else by the next parser unless they are written as references; other control characters XML
 * cannot hold.
 */
static const char *
writer_reference(unsigned char byte, bool attribute)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\'':
        return "&apos;";
    case '"':
        return "&quot;";
    case '\r':
        return "&#13;";
    case '\n':
        return attribute ? "&#10;" : NULL;
    case '\t':
        return attribute ? "&#9;" : NULL;
    default:
        return byte < ' ' ? "" : NULL;
    }
}

static void
writer_escape(XmlWriter *writer, const char *text, bool attribute)
{
    const char *start = text;
    const char *at;

    for (at = text; *at; at++) {
        const char *reference;

        /* all bytes that may need one are below '?' */
        if ((unsigned char)*at > '>' || !(reference = writer_reference(*at, attribute)))
            continue;
        g_string_append_len(writer->out, start, at - start);
        g_string_append(writer->out, reference);
        start = at + 1;
    }
    g_string_append_len(writer->out, start, at - start);
}

void
writer_open(XmlWriter *writer, const char *name)
{
    writer_finish_tag(writer);
    writer_indent(writer);
    g_string_append_c(writer->out, '<');
    g_string_append(writer->out, name);
    writer->tag_open = true;
    writer->level++;
}

void
writer_attribute(XmlWriter *writer, const char *name, const char *value)
{
    g_string_append_c(writer->out, ' ');
    g_string_append(writer->out, name);
    g_string_append(writer->out, "='");
    writer_escape(writer, value, true);
    g_string_append_c(writer->out, '\'');
}

void
writer_attribute_number(XmlWriter *writer, const char *name, unsigned long long value)
{
    g_string_append_printf(writer->out, " %s='%llu'", name, value);
}

void
writer_text(XmlWriter *writer, const char *name, const char *text)
{
    g_string_append_c(writer->out, '>');
    writer_escape(writer, text, false);
    g_string_append(writer->out, "</");
    g_string_append(writer->out, name);
    g_string_append(writer->out, ">\n");
    writer->tag_open = false;
    writer->level--;
}

void
writer_close(XmlWriter *writer, const char *name)
{
    writer->level--;
    if (writer->tag_open) {
        g_string_append(writer->out, "/>\n");
    } else {
        writer_indent(writer);
        g_string_append(writer->out, "</");
        g_string_append(writer->out, name);
        g_string_append(writer->out, ">\n");
    }
    writer->tag_open = false;
}

void
writer_raw(XmlWriter *writer, const char *lines)
{
    writer_finish_tag(writer);
    g_string_append(writer->out, lines);
}

XmlMark
writer_mark(const XmlWriter *writer)
{
    return (XmlMark){ writer->out->len, writer->level, writer->tag_open };
}

void
writer_rewind(XmlWriter *writer, XmlMark mark)
{
    g_string_truncate(writer->out, mark.length);
    writer->level = mark.level;
    writer->tag_open = mark.tag_open;
}
