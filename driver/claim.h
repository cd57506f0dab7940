/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a document of a client to the domain it speaks of; the guard of define and create. */
#pragma once

#include "driver/operation.h"

/*
 * Parses @xml for the caller on @conn. @access is checked on name and uuid alone, before anything
 * else of the document is looked at. A document without uuid gets one.
 */
Definition *claim_parse(virConnectPtr conn, const char *xml, DefinitionParseFlags flags,
                        Access access, GError **error);

/*
 * The domain of @definition, made if there is none, with busy taken for @what; see
 * operation_begin(). FAILURE_OPERATION_FAILED when only one of name and uuid is taken.
 */
Domain *claim_begin(Operation *operation, const Definition *definition, const char *what,
                    GError **error);
