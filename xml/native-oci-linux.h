/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The object "linux" of an OCI document. */
#pragma once

#include "xml/native-oci.h"
#include "xml/native.h"

/* Namespaces, id maps, devices and limits; a missing object asks for the host's network. */
bool oci_read_linux(const OciConfig *config, Definition *definition, NativeReport *report,
                    GError **error);

/* The architecture of programs on a host of @arch, which may be NULL. */
void oci_read_personality(const OciConfig *config, const char *arch, Definition *definition,
                          NativeReport *report);
