/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a definition says and a native format may have no word for. */
#pragma once

#include "xml/native.h"

/*
 * Reports every part of @definition that is set and is not among @carried: names of elements,
 * NULL-terminated ("uuid", "interface", "vcpu" …).
 */
void losses_report(const Definition *definition, const char *const *carried, NativeReport *report);
