/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the driver knows of the host: architecture, capabilities, defaults of definitions, lxc.conf.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "cgroup/cgroup.h"
#include "cgroup/figures.h"
#include "driver/settings.h"
#include "xml/definition.h"

/* Finds out all below; called once from state initialisation, and never changes afterwards. */
bool host_init(GError **error);

const DefinitionDefaults *host_defaults(void);
const char *host_arch(void);
const CgroupLayout *host_cgroups(void);
const FigureReader *host_figures(void);
const Settings *host_settings(void);

/* Processors, whether online or not; at least 1. */
unsigned host_processors(void);

/* Bytes of memory. */
uint64_t host_memory(void);

/* The number of /dev/rtc0's driver, which the kernel chooses; 0: the host has none. */
int64_t host_rtc_major(void);

/* The capabilities document. Free with g_free(). */
char *host_capabilities(GError **error);
