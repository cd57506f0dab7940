/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The functions behind the rows of native_formats[]; see NativeFormat. */
#pragma once

#include "xml/native.h"

bool native_lxc_read(const char *text, const char *arch, Definition *definition,
                     NativeReport *report, GError **error);
char *native_lxc_write(const Definition *definition, const char *arch, NativeReport *report,
                       GError **error);

bool native_oci_read(const char *text, const char *arch, Definition *definition,
                     NativeReport *report, GError **error);
char *native_oci_write(const Definition *definition, const char *arch, NativeReport *report,
                       GError **error);

bool native_nspawn_read(const char *text, const char *arch, Definition *definition,
                        NativeReport *report, GError **error);
