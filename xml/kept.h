/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Elements of a domain that are kept as they came: a small tree of names, attributes and text. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    char *name;
    char *value;
} KeptAttribute;

typedef struct Kept {
    const char *place;     /* of a topmost node: where it stands, "devices/interface"; static */
    char *name;            /* "interface" */
    GPtrArray *attributes; /* of KeptAttribute *, in the order they came */
    char *text;            /* of an element without child elements; NULL: none */
    GPtrArray *children;   /* of Kept * */
} Kept;

Kept *kept_new(const char *name);
Kept *kept_copy(const Kept *kept);
void kept_free(Kept *kept);

/* Value of an attribute, NULL when it has none; the Kept owns it. */
const char *kept_attribute(const Kept *kept, const char *name);

/* Adds an attribute that is not there yet, as the last one. */
void kept_add_attribute(Kept *kept, const char *name, const char *value);

/* Sets an attribute: in its place when there is one, otherwise as the last one; NULL removes it. */
void kept_set_attribute(Kept *kept, const char *name, const char *value);

/* First child element named @name, or NULL. */
Kept *kept_child(const Kept *kept, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Kept, kept_free)
