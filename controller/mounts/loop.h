/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Image files as block devices of the kernel's loop driver. */
#pragma once

#include "controller/mounts/image.h"

/*
 * Attaches @image, open as @file, to a free loop device, with direct I/O where its file system can
 * do that. The device is freed by the kernel when nobody has it open or mounted any more, so
 * whoever mounts it need not keep the descriptor. -1 with error; *ret_device is "/dev/loop3".
 */
int loop_attach(const Image *image, int file, char **ret_device, GError **error);
