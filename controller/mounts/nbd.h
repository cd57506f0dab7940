/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Images of other formats than raw as block devices: qemu-nbd(8) reads them, the kernel's driver
 * for network block devices asks it. */
#pragma once

#include "controller/mounts/image.h"

/*
 * Starts qemu-nbd for @image, open as @file, and connects it to a free device. The kernel
 * disconnects it when nobody has the device open or mounted any more, and then qemu-nbd ends by
 * itself.
 * FAILURE_CONFIG_UNSUPPORTED where module or program are missing.
 */
bool nbd_attach(const Image *image, int file, ImageDevice *ret_device, GError **error);
