/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processor models and features, by the map that is installed with libvirt. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    char *name;
    char *vendor;         /* NULL: any */
    GHashTable *features; /* set of names */
} CpuModel;

typedef struct {
    GPtrArray *models;   /* of CpuModel *, in the map's order */
    GHashTable *of_host; /* set of names of the features that the host's processor has */
    const char *arch;    /* the map's name of the architecture: "x86" */
} CpuMap;

/* The map for @arch ("x86_64"); NULL with FAILURE_INVALID_ARG when there are no models for it. The
 * host's features are only known when it is the host's. Free with cpu_map_free(). */
CpuMap *cpu_map_read(const char *arch, GError **error);
void cpu_map_free(CpuMap *map);

const CpuModel *cpu_map_model(const CpuMap *map, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CpuMap, cpu_map_free)
