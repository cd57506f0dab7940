/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a guest gets of the host's files: directories, files, devices and images, each as a detached
 * mount, made with the host's privileges. No path of the host is looked up again after that.
 */
#pragma once

#include "controller/wire/container.h"
#include "controller/wire/descriptor.h"

/* Type of a mount whose file system is found by its contents, as for mount(8). */
#define SOURCE_TYPE_DETECT  "auto"
#define SOURCE_TYPE_OVERLAY "overlay"

/* Values of ContainerMount.image: what makes a block device of a file */
#define SOURCE_IMAGE_LOOP "loop"
#define SOURCE_IMAGE_NBD  "nbd"

/* What the mounts of one guest have in common. */
typedef struct {
    const GPtrArray *uid_mappings; /* of ContainerIdMapping *; empty: no user namespace */
    const GPtrArray *gid_mappings;
    const ContainerCapabilities *capabilities; /* NULL: none */
    Fd user_namespace;                         /* with these maps; -1: made when it is needed */
    GArray *servers; /* of pid_t: gets those that read images, children of the caller; borrowed */
} SourceContext;

void source_context_clear(SourceContext *context);

/* Whether @mount comes from the host: not a new file system, nor a bind of what the guest has. */
bool source_is_host(const ContainerMount *mount);

/* The detached mount; -1 with an error that does not yet say what it is for. */
int source_open(SourceContext *context, const ContainerMount *mount, GError **error);

/* Puts "cannot bind '/a' to '/b': " and the like before what went wrong with @mount. */
void source_explain(const ContainerMount *mount, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SourceContext, source_context_clear)
