/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Domain XML from a stranger: whatever is read prints, and what was printed reads and prints as
 * itself; copies are whole; a container definition comes of it or an error does.
 */
#include <glib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "xml/container.h"
#include "xml/metadata.h"

static DefinitionDefaults defaults = {
    .arch = "x86_64",
    .emulator = "/usr/lib/libvirt/libvirt_lxc",
    .security_model = "apparmor",
};

static void
compute(const Definition *definition)
{
    static const ContainerContext context = { .state_directory = "/run", .arch = "x86_64" };
    g_autoptr(Definition) live = definition_copy(definition);
    g_autoptr(Container) container = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    container_complete(live);
    container = container_compute(live, &context, &error);
    if ((container == NULL) != (error != NULL))
        g_error("neither a container nor an error");
    if (container)
        text = container_to_json(container, true);
}

static void
change_metadata(const Definition *definition)
{
    g_autoptr(Definition) changed = definition_copy(definition);
    g_autofree char *got = NULL;

    if (!metadata_set(changed, "urn:fuzz", "fuzz", "<x a='b'><y/></x>", NULL) ||
        !(got = metadata_get(changed, "urn:fuzz", NULL)))
        g_error("metadata cannot be set and had again");
}

static void
check(const char *xml, DefinitionParseFlags flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Definition) definition = definition_parse(xml, &defaults, flags, &error);
    g_autoptr(Definition) again = NULL;
    g_autoptr(Definition) copy = NULL;
    g_autofree char *text = NULL;
    g_autofree char *second = NULL;

    if ((definition == NULL) != (error != NULL))
        g_error("neither a definition nor an error");
    if (!definition)
        return;
    text = definition_format(definition, DEFINITION_FORMAT_SECURE);
    again = definition_parse(text, &defaults, flags, &error);
    if (!again)
        g_error("what was printed cannot be read: %s\n%s", error->message, text);
    second = definition_format(again, DEFINITION_FORMAT_SECURE);
    if (strcmp(text, second) != 0)
        g_error("printed twice, it differs:\n%s\n%s", text, second);
    copy = definition_copy(definition);
    if (!definition_equal(definition, copy))
        g_error("a copy differs:\n%s", text);
    compute(definition);
    change_metadata(definition);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *xml = g_strndup((const char *)data, size);
    g_autofree char *name = NULL;
    g_autofree char *uuid = NULL;

    defaults.schema_directory = g_getenv("CAISSON_SCHEMA_DIR");
    definition_peek(xml, &name, &uuid, NULL);
    check(xml, DEFINITION_INACTIVE);
    check(xml, DEFINITION_TRUSTED);
    check(xml, DEFINITION_INACTIVE | DEFINITION_VALIDATE);
    return 0;
}
