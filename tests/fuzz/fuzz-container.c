/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A container definition from a stranger: what is read is complete, and survives writing and
 * reading. */
#include <glib.h>
#include <string.h>

#include "controller/wire/container.h"
#include "tests/fuzz/fuzz.h"

/* What the launcher relies on without looking. */
static void
walk(const Container *container)
{
    const ContainerResources *resources = container->os->resources;

    if (!container->root->path || !container->process->args[0] || !container->process->cwd ||
        !container->process->user || !container->caisson->name || !container->caisson->uuid)
        g_error("a required member is missing");
    if (!container->mounts || !container->os->namespaces || !container->os->uid_mappings ||
        !container->os->gid_mappings || !container->os->devices || !container->caisson->consoles ||
        !resources->devices || !resources->memory || !resources->cpu || !resources->pids)
        g_error("a list or object is missing");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Container) container = container_from_json((const char *)data, size, &error);
    g_autoptr(Container) again = NULL;
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;

    if (!container != !!error)
        g_error("neither a container nor an error");
    if (!container)
        return 0;
    walk(container);
    first = container_to_json(container, true);
    if (!(again = container_from_json(first, strlen(first), &error)))
        g_error("what was written cannot be read: %s\n%s", error->message, first);
    second = container_to_json(again, true);
    if (strcmp(first, second) != 0)
        g_error("written twice, it differs:\n%s\n%s", first, second);
    return 0;
}
