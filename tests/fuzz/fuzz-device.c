/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device XML from a stranger: whatever is read prints, reads and prints again as itself, and goes
 * into a domain and out of it as it came, or is refused with words.
 */
#include <glib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "xml/definition-changes.h"
#include "xml/device.h"

static const DefinitionDefaults defaults = {
    .arch = "x86_64",
    .emulator = "/usr/lib/libvirt/libvirt_lxc",
    .security_model = "apparmor",
};

static const char domain[] =
    "<domain type='lxc'><name>f</name><uuid>7d0f6a52-5d0b-4c43-9a5e-0f6d2f5b1c01</uuid>"
    "<memory>65536</memory><os><type>exe</type><init>/init</init></os><devices>"
    "<console type='pty'/><interface type='bridge'><mac address='52:54:00:00:00:01'/>"
    "<source bridge='b'/></interface><disk type='block'><source dev='/dev/x'/>"
    "<target dev='vda'/></disk></devices></domain>";

/* By address: the call that sets the error is the other argument, and may be evaluated later. */
static void
expect(bool done, GError *const *error)
{
    if (done == (*error != NULL))
        g_error("neither done nor an error");
}

static void
plug(const Device *device)
{
    g_autoptr(Definition) definition =
        definition_parse(domain, &defaults, DEFINITION_INACTIVE, NULL);
    g_autoptr(Definition) before = definition_copy(definition);
    g_autoptr(GPtrArray) changes = NULL;
    g_autoptr(GError) attached = NULL;
    g_autoptr(GError) updated = NULL;
    g_autoptr(GError) detached = NULL;

    expect(device_attach(definition, device, &attached), &attached);
    changes = definition_changes(before, definition);
    if (attached && changes->len > 0)
        g_error("what was refused has changed the domain");
    expect(device_update(definition, device, &updated), &updated);
    expect(device_detach(definition, device, &detached), &detached);
}

static void
check(const char *xml, DefinitionParseFlags flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Device) device = device_parse(xml, &defaults, flags, &error);
    g_autoptr(Device) again = NULL;
    g_autofree char *text = NULL;
    g_autofree char *second = NULL;
    bool live = !(flags & DEFINITION_INACTIVE);

    expect(device != NULL, &error);
    if (!device)
        return;
    text = device_format(device, live, DEFINITION_FORMAT_SECURE);
    again = device_parse(text, &defaults, flags, &error);
    if (!again)
        g_error("what was printed cannot be read: %s\n%s", error->message, text);
    second = device_format(again, live, DEFINITION_FORMAT_SECURE);
    if (strcmp(text, second) != 0)
        g_error("printed twice, it differs:\n%s\n%s", text, second);
    plug(device);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *xml = g_strndup((const char *)data, size);

    check(xml, DEFINITION_INACTIVE);
    check(xml, 0);
    return 0;
}
