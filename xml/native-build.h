/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pieces of a definition that the readers of native formats put together. */
#pragma once

#include "xml/native.h"

/* Replaces a string member. */
void build_set(char **member, const char *value);

/* Adds a filesystem with access mode passthrough; the Definition owns it. */
Filesystem *build_filesystem(Definition *definition, FilesystemType type, const char *source,
                             const char *target);

/* Adds pty consoles until there are @count. */
void build_consoles(Definition *definition, guint count);

/* Adds "NAME=value" to the environment of init; what is no such thing goes into the report. */
void build_variable(Definition *definition, const char *assignment, NativeReport *report);

/* Sets init and its arguments from @words. An empty argument is FAILURE_CONFIG_UNSUPPORTED. */
bool build_init(Os *os, const char *const *words, GError **error);

void build_id_range(GPtrArray *map, const IdMapEntry *range);

/* A kept element at @place (static), or the child of one; the Definition owns it. */
Kept *build_kept(Definition *definition, const char *place, const char *name);
/* Adds a child element, with an attribute unless @attribute is NULL. */
Kept *build_child(Kept *parent, const char *name, const char *attribute, const char *value);

/* <hostdev mode='capabilities' type='net'> for the interface @name of the host. */
Kept *build_network_device(Definition *definition, const char *name);

/* <numatune> with a strict node set. */
void build_numatune(Definition *definition, const char *nodes);

/* The policy and states that keep exactly the capabilities of @keep, as few states as possible. */
void build_capabilities(Capabilities *capabilities, const bool keep[CAPABILITY_COUNT]);

/* Index in capabilities_known[] of "CAP_CHOWN" or "chown", in any case; -1: unknown. */
int build_capability_index(const char *name);

/* Memory limit in bytes: memory and current memory. FAILURE_INVALID_ARG for 0. */
bool build_memory(Definition *definition, uint64_t bytes, GError **error);

/* "512", "64k", "1G", "10 MiB" in bytes. */
bool build_bytes(const char *text, uint64_t *ret_bytes);

/* Whether every container has a mount at @target anyway. */
bool build_is_provided(const char *target);
