/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <metadata> from libxml2's tree. */
#pragma once

#include <libxml/tree.h>

/*
 * The children of <metadata> as lines, indented as they are printed in a domain: elements of a
 * namespace only, and of each namespace the first. NULL when there is none. Free with g_free().
 */
char *metadata_text(xmlNode *metadata);
