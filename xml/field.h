/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The row-table language of the domain XML: one row per attribute, text or child element of a
 * struct. The one table of an element parses, prints, frees, copies, knows its defaults, finds what
 * is unknown and words the errors. Rows stand in the order in which the element is printed; rows of
 * one child element stand together, its attributes before its text.
 */
#pragma once

#include <glib.h>
#include <libxml/tree.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/wire/failure.h"
#include "xml/writer.h"

typedef enum {
    FIELD_STRING,  /* char *; NULL: absent. Empty text counts as absent */
    FIELD_STRINGS, /* GPtrArray * of char *: an element that may repeat; empty text is an error */
    FIELD_ENUM, /* int: index into .names, "" for a number without a word; .absent when not said */
    FIELD_BOOL, /* bool: .names[0] is the word for false, .names[1] for true */
    FIELD_FLAG, /* bool: an empty element that is there or not */
    FIELD_INT,  /* int64_t; not printed when equal to .absent */
    FIELD_UINT, /* uint64_t up to .max (0: any); not printed when equal to (uint64_t).absent */
    FIELD_SIZE, /* uint64_t in .size->member bytes, rounded up; printed unless equal to .absent */
    FIELD_STRUCT,  /* a struct at this offset, described by .type; nothing is printed when empty */
    FIELD_STRUCTS, /* GPtrArray * of struct *: an element that may repeat, described by .type */
    FIELD_KEPT,    /* GPtrArray * of Kept *: elements kept as they came. Rows share one array */
    FIELD_CUSTOM,  /* .codec */
    FIELD_REFUSED, /* an element that a container cannot have: FAILURE_CONFIG_UNSUPPORTED */
} FieldKind;

enum {
    FIELD_REQUIRED = 1 << 0, /* absence is an error, .missing */
    FIELD_LIVE = 1 << 1,    /* of a running guest: neither read from nor written to configuration */
    FIELD_ALWAYS = 1 << 2,  /* numbers, enums: printed although they have the absent value */
    FIELD_ONCE = 1 << 3,    /* a second such element is an error */
    FIELD_EMPTY = 1 << 4,   /* FIELD_STRUCT: printed although it is empty */
    FIELD_NONZERO = 1 << 5, /* numbers: 0 is an error */
    FIELD_HEX = 1 << 6,     /* FIELD_UINT: printed as "0x0012", read in either base */
    FIELD_BASES = 1 << 9,   /* FIELD_UINT: "0x12" is read, too */
    FIELD_RUNNING = 1 << 8, /* can be changed (a device: come and go) while the guest runs */
    FIELD_DRAFT = 1 << 7,   /* FIELD_KEPT: printed, never read; see definition_draft() */
};

/* Restricts a row to variants of its element (values of the struct's XmlType.variant member). */
#define ONLY(value)   (UINT32_C(1) << (value))
#define EXCEPT(value) (~ONLY(value))

typedef struct XmlType XmlType;
typedef struct XmlField XmlField;

/* What parsing knows beside the node. */
typedef struct {
    bool live;            /* the document is of a running guest */
    bool trusted;         /* from disk */
    bool strict;          /* unknown elements and attributes are errors */
    const void *defaults; /* DefinitionDefaults of definition.h */
} XmlContext;

/* How a size is written: its attribute for the unit, and what stands there. */
typedef struct {
    const char *attribute; /* "unit" */
    uint64_t member;       /* bytes per unit of the member */
    uint64_t text;         /* bytes per unit of a text without one */
    uint64_t step;         /* bytes per printed unit; the member is rounded up to whole ones */
    const char *word;      /* of the printed unit: "KiB" */
} XmlSize;

/* Hooks for what no kind covers. @object is the struct the row belongs to. */
typedef struct {
    /* @node: the element of the row's path (the parent element for an attribute); only called if it
     * is there */
    bool (*read)(const XmlContext *context, xmlNode *node, void *object, GError **error);
    void (*print)(XmlWriter *writer, const void *object);
    bool string; /* the member is a char * that the struct owns; otherwise it owns nothing */
    /* whether there is something to print; NULL: always. Without it, the element around an
     * attribute is printed even if it stays empty */
    bool (*is_printed)(const XmlWriter *writer, const void *object);
} XmlCodec;

struct XmlField {
    const char
        *path; /* "source/@dir", "readonly", "." for the element's own text; NULL ends the table */
    FieldKind kind;
    size_t offset;
    unsigned flags;
    uint32_t only;            /* 0: all variants */
    const char *const *names; /* ends with NULL */
    const XmlType *type;
    const XmlCodec *codec;
    const XmlSize *size;
    int64_t absent;
    uint64_t max;
    FailureCode missing; /* of a missing value; FAILURE_INTERNAL (0) stands for FAILURE_XML */
    FailureCode bad;     /* of a bad word; likewise */
};

struct XmlType {
    const char *name; /* of the element, for messages: "filesystem" */
    size_t size;
    const XmlField *fields;
    size_t variant;      /* offset of the int ONLY() speaks of; its row comes first */
    GDestroyNotify free; /* of structs in a FIELD_STRUCTS array */
    FailureCode unknown; /* class of an unknown child element; FAILURE_INTERNAL (0): dropped unless
                            strict */
    /* Whether there is nothing worth an element; NULL: when no row prints anything (and never in a
     * FIELD_STRUCTS array). */
    bool (*is_empty)(const void *object);
    /* Defaults and rules that span rows, after all of them were read; may be NULL. */
    bool (*finish)(const XmlContext *context, void *object, xmlNode *node, GError **error);
};

/* The namespaces of elements whose path begins with "lxc:" and "caisson:". */
#define XML_LXC_NAMESPACE     "http://libvirt.org/schemas/domain/lxc/1.0"
#define XML_CAISSON_NAMESPACE "urn:caisson:domain:1"

/* Fills given memory: members at their absent values, arrays empty. */
void xml_init(const XmlType *type, void *object);
/* Frees what the struct owns. */
void xml_clear(const XmlType *type, void *object);
void *xml_new(const XmlType *type);
/* Clears and frees; NULL is allowed. */
void xml_free(const XmlType *type, void *object);
/* Makes @copy (uninitialised memory) a deep copy of @object. */
void xml_copy(const XmlType *type, void *copy, const void *object);

/* Reads @node into @object (initialised). What was read before an error stays in it. */
bool xml_read(const XmlType *type, const XmlContext *context, xmlNode *node, void *object,
              GError **error);

/* Prints the rows of @object into the element that the writer has open. */
void xml_print(const XmlType *type, XmlWriter *writer, const void *object);

/* For codecs and hooks: */

/* Whether @node is an element of this name, which may begin with "lxc:" or "caisson:". */
bool xml_node_is(const xmlNode *node, const char *name);
/* What stands before the name of @node in a path: "", "lxc:" or "caisson:"; NULL for the element of
 * a namespace that no path has. */
const char *xml_prefix(const xmlNode *node);
/* The element child @name of @node, as for xml_node_is(), or NULL. */
xmlNode *xml_child(xmlNode *node, const char *name);
/* Its text or that of an attribute; NULL when absent or empty. Free with g_free(). */
char *xml_text(xmlNode *node);
char *xml_attribute(xmlNode *node, const char *name);
/* Decimal number with blanks around it. */
bool xml_number(const char *text, uint64_t *ret_value, bool *ret_overflow);
/* Refuses child elements and attributes of @node other than the words of @children and @attributes
 * (NULL-terminated, NULL: not checked) when the context is strict. */
bool xml_expect(const XmlContext *context, xmlNode *node, const char *const *attributes,
                const char *const *children, GError **error);
