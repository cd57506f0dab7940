/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making images larger that guests use. */
#pragma once

#include "driver/domain.h"

/*
 * Makes the image @path @size bytes large, and the loop devices over it; @what is for messages: "of
 * disk 'vda'". *ret_device is the number of the device. FAILURE_INVALID_ARG when it is larger
 * already.
 */
bool image_grow(const char *path, const char *what, uint64_t size, dev_t *ret_device,
                GError **error);

/* Makes the file system at @target of the guest, which is on @device, as large as its image. */
bool image_grow_filesystem(Domain *domain, const char *target, dev_t device, uint64_t size,
                           GError **error);
