/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The capabilities document that virConnectGetCapabilities() returns. */
#pragma once

#include "driver/topology.h"

typedef struct {
    const char *uuid; /* of the host */
    const char *arch;
    const char *emulator;
    const char *security_model; /* "none" */
    const char *security_doi;   /* "0" */
    bool suspend_memory;
    bool suspend_disk;
    bool suspend_hybrid;
} CapabilitiesHost;

/* Free with g_free(). */
char *capabilities_format(const CapabilitiesHost *host, const Topology *topology);

/* The <domainCapabilities> of containers: what a definition may ask for. Free with g_free(). */
char *capabilities_format_domain(const char *emulator, const char *arch, unsigned processors);

/* The 32-bit architecture whose programs a host of @arch runs too; NULL: none. */
const char *capabilities_sibling(const char *arch);
