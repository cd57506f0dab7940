/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <console>: one terminal of a container. */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef enum {
    CONSOLE_PTY, /* the only type a container can have; the others are kept and refused at start */
    CONSOLE_NULL,
    CONSOLE_VC,
    CONSOLE_DEV,
    CONSOLE_FILE,
    CONSOLE_PIPE,
    CONSOLE_STDIO,
    CONSOLE_UDP,
    CONSOLE_TCP,
    CONSOLE_UNIX,
    CONSOLE_SPICEVMC,
    CONSOLE_SPICEPORT,
    CONSOLE_NMDM,
    CONSOLE_QEMU_VDAGENT,
    CONSOLE_DBUS,
} ConsoleType;

typedef enum {
    CONSOLE_TARGET_NONE,
    CONSOLE_TARGET_SERIAL,
    CONSOLE_TARGET_XEN,
    CONSOLE_TARGET_UML,
    CONSOLE_TARGET_VIRTIO,
    CONSOLE_TARGET_LXC,
    CONSOLE_TARGET_OPENVZ,
    CONSOLE_TARGET_SCLP,
    CONSOLE_TARGET_SCLPLM,
} ConsoleTarget;

enum { CONSOLE_LOG_APPEND_ON = 1 }; /* of log_append; 2: off, 0: not said, which is off */

typedef struct {
    ConsoleType type;
    char *path; /* the host's pty, "/dev/pts/6"; live only. Printed as tty= of port 0 and as source
                   path */
    ConsoleTarget target;
    uint64_t port;   /* 0, 1, 2 … in document order */
    char *alias;     /* "console0"; live only */
    char *log_file;  /* gets what is written to the console; NULL: none */
    int log_append;  /* 0: not said, 1: on, 2: off (the file is emptied at start) */
    GPtrArray *kept; /* of Kept *: protocol, source of other types, address */
} Console;

Console *console_new(void);
void console_free(Console *console);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Console, console_free)
