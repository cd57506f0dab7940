/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A <cpu> element against the host's processor, which every container uses as it is. */
#pragma once

#include <libvirt/libvirt.h>

#include "driver/cpu-map.h"

/*
 * Whether the host's processor is what @xml asks for. Without a model, or with a mode that means
 * the host's own, it is. VIR_CPU_COMPARE_ERROR with error: FAILURE_XML, or FAILURE_INTERNAL for a
 * model nobody knows.
 */
virCPUCompareResult cpu_compare(const char *xml, const char *host_arch, GError **error);

/*
 * The <cpu> element with the features that all of @count documents have; one that names no model
 * stands for the host's. With @expand all features are listed, else those that the model lacks.
 * Free with g_free(). NULL with error.
 */
char *cpu_baseline(const char *const *documents, unsigned count, bool expand, const char *host_arch,
                   GError **error);
