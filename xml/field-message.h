/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of errors about a row. */
#pragma once

#include "xml/field-path.h"
#include "xml/field.h"

/* "attribute 'dir' of <target> in <filesystem> (line 12)". Free with g_free(). */
char *message_where(const XmlType *type, const FieldPath *path, xmlNode *node);

/* "one of 'utc', 'localtime' is needed". Free with g_free(). */
char *message_words(const char *const *names);

/* @text cut to what is fit for a message. Free with g_free(). */
char *message_excerpt(const char *text);
