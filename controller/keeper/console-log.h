/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file that has what a console printed. It is bounded: a guest could fill the host's disk. */
#pragma once

#include <stddef.h>

#define CONSOLE_LOG_MAX  (8 << 20) /* bytes; beyond, the older half is dropped */
#define CONSOLE_LOG_KEPT (CONSOLE_LOG_MAX / 2)

/* Appends to the file at @fd (-1: nothing is done). What cannot be written is lost: a full disk
 * must not stop the guest. */
void console_log_write(int fd, const char *data, size_t length);
