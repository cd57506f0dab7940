/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes XML as libvirt does: two spaces per level, single quotes, one element per line. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define WRITER_DEPTH 16

typedef struct {
    GString *out;
    bool live;   /* print what only a running guest has */
    bool secure; /* print passwords and secrets */
    bool migratable;
    bool tag_open; /* "<name attr='x'" is written, ">" is not */
    unsigned level;
} XmlWriter;

/* <name; attributes may follow until something else is written. */
void writer_open(XmlWriter *writer, const char *name);
void writer_attribute(XmlWriter *writer, const char *name, const char *value);
void writer_attribute_number(XmlWriter *writer, const char *name, unsigned long long value);
/* Text of the element that is open, and its end tag. */
void writer_text(XmlWriter *writer, const char *name, const char *text);
/* Ends the element: "/>" when nothing came after its attributes. */
void writer_close(XmlWriter *writer, const char *name);
/* Text that is XML already: whole lines with their indentation. */
void writer_raw(XmlWriter *writer, const char *lines);

/* Where the writer stands, to take back what came after it when it turns out to be empty. */
typedef struct {
    size_t length;
    unsigned level;
    bool tag_open;
} XmlMark;

XmlMark writer_mark(const XmlWriter *writer);
void writer_rewind(XmlWriter *writer, XmlMark mark);
