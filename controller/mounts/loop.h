/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Image files as block devices of the kernel's loop driver. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/*
 * Attaches the file @image to a free loop device, with direct I/O where its file system can do
 * that. The device is freed by the kernel when nobody has it open or mounted any more, so whoever
 * mounts it need not keep the descriptor. -1 with error; *ret_device is "/dev/loop3".
 */
int loop_attach(const char *image, bool readonly, char **ret_device, GError **error);
