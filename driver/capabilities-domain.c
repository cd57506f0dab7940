/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Formats <domainCapabilities>. */
#include "driver/capabilities.h"

/* A device, or another element, and the values that its attributes may have. */
typedef struct {
    const char *name;
    const struct {
        const char *attribute;
        const char *values[8];
    } enums[4];
} CapabilityRow;

static const CapabilityRow devices[] = {
    { "disk",
      { { "diskDevice", { "disk", "cdrom" } },
        { "bus", { "virtio", "scsi", "sata" } },
        { "model", { NULL } } } },
    { "graphics", { { NULL } } },
    { "video", { { NULL } } },
    { "hostdev",
      { { "mode", { "subsystem", "capabilities" } },
        { "subsysType", { "usb" } },
        { "capsType", { "storage", "misc", "net" } } } },
    { "rng", { { NULL } } },
    { "filesystem", { { "driverType", { "path", "loop", "nbd" } } } },
    { "tpm", { { NULL } } },
    { "redirdev", { { NULL } } },
    { "channel", { { NULL } } },
    { "crypto", { { NULL } } },
    { "interface", { { "backendType", { "default" } } } },
    { "console", { { "type", { "pty" } } } },
};

static void
format_row(GString *out, const CapabilityRow *row)
{
    size_t i;
    size_t value;

    if (!row->enums[0].attribute) {
        g_string_append_printf(out, "    <%s supported='no'/>\n", row->name);
        return;
    }
    g_string_append_printf(out, "    <%s supported='yes'>\n", row->name);
    for (i = 0; i < G_N_ELEMENTS(row->enums) && row->enums[i].attribute; i++) {
        if (!row->enums[i].values[0]) {
            g_string_append_printf(out, "      <enum name='%s'/>\n", row->enums[i].attribute);
            continue;
        }
        g_string_append_printf(out, "      <enum name='%s'>\n", row->enums[i].attribute);
        for (value = 0; row->enums[i].values[value]; value++)
            g_string_append_printf(out, "        <value>%s</value>\n", row->enums[i].values[value]);
        g_string_append(out, "      </enum>\n");
    }
    g_string_append_printf(out, "    </%s>\n", row->name);
}

char *
capabilities_format_domain(const char *emulator, const char *arch, unsigned processors)
{
    GString *out = g_string_new("<domainCapabilities>\n");
    g_autofree char *head = g_markup_printf_escaped("  <path>%s</path>\n"
                                                    "  <domain>lxc</domain>\n"
                                                    "  <arch>%s</arch>\n",
                                                    emulator, arch);
    size_t i;

    g_string_append(out, head);
    g_string_append_printf(out, "  <vcpu max='%u'/>\n", processors);
    g_string_append(out, "  <iothreads supported='no'/>\n"
                         "  <os supported='yes'>\n"
                         "    <enum name='firmware'/>\n"
                         "    <loader supported='no'/>\n"
                         "  </os>\n"
                         "  <cpu>\n"
                         "    <mode name='host-passthrough' supported='yes'/>\n"
                         "    <mode name='maximum' supported='no'/>\n"
                         "    <mode name='host-model' supported='no'/>\n"
                         "    <mode name='custom' supported='no'/>\n"
                         "  </cpu>\n"
                         "  <memoryBacking supported='no'/>\n"
                         "  <devices>\n");
    for (i = 0; i < G_N_ELEMENTS(devices); i++)
        format_row(out, &devices[i]);
    g_string_append(out, "  </devices>\n"
                         "  <features>\n"
                         "    <gic supported='no'/>\n"
                         "    <vmcoreinfo supported='no'/>\n"
                         "    <genid supported='no'/>\n"
                         "    <backingStoreInput supported='no'/>\n"
                         "    <backup supported='no'/>\n"
                         "    <sev supported='no'/>\n"
                         "  </features>\n"
                         "</domainCapabilities>\n");
    return g_string_free(out, FALSE);
}
