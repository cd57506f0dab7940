/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading and printing of elements that are kept as they came. */
#pragma once

#include "xml/field.h"
#include "xml/kept.h"

/* The tree of @node, made canonical; @place (static) is the path of the row. */
Kept *kept_read(const XmlContext *context, xmlNode *node, const char *place);

/* Prints the element; secrets and what only a running guest has only if the writer says so. */
void kept_print(XmlWriter *writer, const Kept *kept);
