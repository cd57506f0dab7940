/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words for what libxml2 only refuses. */
#pragma once

#include "xml/schema.h"

/* Finds the first thing in the document order of @root that the schema does not allow, and fails
 * with it: FAILURE_XML_INVALID_SCHEMA. True when everything seems allowed by itself. */
bool validate_explain(const Schema *schema, xmlNode *root, GError **error);
