/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is in a document and in no row. */
#pragma once

#include "xml/field.h"

/*
 * Refuses elements and attributes of @node that no row of @type knows: all of them when the context
 * is strict (FAILURE_XML_INVALID_SCHEMA), else unknown child elements with the class the type
 * names.
 */
bool strict_check(const XmlType *type, const XmlContext *context, xmlNode *node, const void *object,
                  GError **error);
