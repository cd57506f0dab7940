/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Image files of the host as block devices. The format is what the definition says: it is never
 * found by the contents, which whoever had the image may have written.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "controller/wire/descriptor.h"

typedef struct {
    const char *path;
    /* as qemu-img(1) names it: qemu-nbd(8) reads the image; NULL: raw, which the kernel reads */
    const char *format;
    bool readonly;
    bool direct; /* past the page cache of the host; without a format wherever that is possible */
} Image;

typedef struct {
    Fd fd;        /* of the device, which the kernel frees when nobody has it open or mounted */
    char *path;   /* "/dev/loop3", "/dev/nbd0" */
    pid_t server; /* a child that reads the image, and ends by itself with the device; 0: none */
} ImageDevice;

#define IMAGE_DEVICE_NONE ((ImageDevice){ .fd = -1 })

/* Makes a device of @image, and in *ret_device what image_device_clear() clears. */
bool image_attach(const Image *image, ImageDevice *ret_device, GError **error);
void image_device_clear(ImageDevice *device);

/* Waits until @server, whose device was closed, has written everything and ended, and reaps it. */
void image_server_await(pid_t server);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImageDevice, image_device_clear)
