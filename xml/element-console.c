/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <console>: rows. */
#include "xml/element-console.h"

#include <stddef.h>

#include "xml/elements.h"

static const char *const types[] = { "pty",  "null",         "vc",       "dev",
                                     "file", "pipe",         "stdio",    "udp",
                                     "tcp",  "unix",         "spicevmc", "spiceport",
                                     "nmdm", "qemu-vdagent", "dbus",     NULL };

static const char *const targets[] = { "none", "serial", "xen",  "uml",    "virtio",
                                       "lxc",  "openvz", "sclp", "sclplm", NULL };

static const char *const onoff[] = { "", "on", "off", NULL };

/* The first console's pty has an attribute of its own, beside its source. */
static void
tty_print(XmlWriter *writer, const void *object)
{
    const Console *console = object;

    if (writer->live && console->path && console->port == 0)
        writer_attribute(writer, "tty", console->path);
}

static const XmlCodec codec_tty = { .print = tty_print };

static const XmlField console_fields[] = {
    { "@type", FIELD_ENUM, offsetof(Console, type), FIELD_ALWAYS, .names = types },
    { "@tty", FIELD_CUSTOM, 0, 0, ONLY(CONSOLE_PTY), .codec = &codec_tty },
    { "source/@path", FIELD_STRING, offsetof(Console, path), FIELD_LIVE, ONLY(CONSOLE_PTY) },
    { "source", FIELD_KEPT, offsetof(Console, kept), 0, EXCEPT(CONSOLE_PTY) },
    { "protocol", FIELD_KEPT, offsetof(Console, kept) },
    { "log/@file", FIELD_STRING, offsetof(Console, log_file) },
    { "log/@append", FIELD_ENUM, offsetof(Console, log_append), .names = onoff },
    { "target/@type", FIELD_ENUM, offsetof(Console, target), FIELD_ALWAYS, .names = targets,
      .absent = CONSOLE_TARGET_LXC, .bad = FAILURE_CONFIG_UNSUPPORTED },
    { "target/@port", FIELD_UINT, offsetof(Console, port), FIELD_ALWAYS, .max = UINT32_MAX },
    { "alias/@name", FIELD_STRING, offsetof(Console, alias), FIELD_LIVE },
    { "address", FIELD_KEPT, offsetof(Console, kept) },
    { NULL },
};

static void
free_console(void *console)
{
    console_free(console);
}

const XmlType console_type = { "console", sizeof(Console), console_fields, offsetof(Console, type),
                               free_console };

Console *
console_new(void)
{
    return xml_new(&console_type);
}

void
console_free(Console *console)
{
    xml_free(&console_type, console);
}
