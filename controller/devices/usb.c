/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* USB devices, as sysfs lists them. */
#include <stdlib.h>

#include "controller/devices/kinds.h"
#include "controller/wire/failure.h"

typedef struct {
    int64_t vendor;
    int64_t product;
    int64_t bus;
    int64_t device;
} UsbFacts;

/* -1: the directory is of an interface or has no such file. */
static int64_t
read_number(const char *directory, const char *name, int base)
{
    g_autofree char *text = kernel_text(directory, name);

    return text ? g_ascii_strtoll(text, NULL, base) : -1;
}

static bool
usb_read(const char *directory, UsbFacts *ret_facts)
{
    *ret_facts = (UsbFacts){
        read_number(directory, "idVendor", 16),
        read_number(directory, "idProduct", 16),
        read_number(directory, "busnum", 10),
        read_number(directory, "devnum", 10),
    };
    return ret_facts->bus > 0 && ret_facts->device > 0;
}

static bool
agrees(int64_t wanted, int64_t is)
{
    return wanted < 0 || wanted == is;
}

static bool
is_wanted(const ContainerHostDevice *device, const UsbFacts *facts)
{
    return agrees(device->vendor, facts->vendor) && agrees(device->product, facts->product) &&
           agrees(device->bus, facts->bus) && agrees(device->device, facts->device);
}

/* "vendor 0x1d6b, product 0x0002" */
static char *
usb_words(const ContainerHostDevice *device)
{
    GString *words = g_string_new(NULL);

    if (device->vendor >= 0)
        g_string_append_printf(words, "vendor 0x%04x, product 0x%04x", (unsigned)device->vendor,
                               (unsigned)device->product);
    if (device->bus >= 0)
        g_string_append_printf(words, "%sbus %d, device %d", words->len ? ", " : "",
                               (int)device->bus, (int)device->device);
    return g_string_free(words, FALSE);
}

static bool
usb_add(const DeviceRoots *roots, const ContainerHostDevice *device, const UsbFacts *facts,
        FoundDevice *found, GError **error)
{
    g_autofree char *name =
        g_strdup_printf("bus/usb/%03d/%03d", (int)facts->bus, (int)facts->device);
    g_autofree char *words = usb_words(device);

    if (found->nodes->len > 0)
        return fail(error, FAILURE_OPERATION_FAILED,
                    "the host has more than one USB device with %s; name bus and device in "
                    "<address>",
                    words);
    if (!found_add_of_host(found, roots, device, name))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "the host has no node '%s/%s' for the USB device with %s", roots->dev, name,
                    words);
    return true;
}

bool
usb_find(const DeviceRoots *roots, const ContainerHostDevice *device, FoundDevice *found,
         GError **error)
{
    g_autofree char *top = g_build_filename(roots->sys, "bus/usb/devices", NULL);
    g_autoptr(GDir) listing = g_dir_open(top, 0, NULL);
    g_autofree char *words = usb_words(device);
    const char *entry;
    UsbFacts facts;

    while (listing && (entry = g_dir_read_name(listing))) {
        g_autofree char *directory = g_build_filename(top, entry, NULL);

        if (usb_read(directory, &facts) && is_wanted(device, &facts) &&
            !usb_add(roots, device, &facts, found, error))
            return false;
    }
    if (found->nodes->len > 0 || device->optional)
        return true;
    return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                "the host has no USB device with %s; plug it in, or set startupPolicy='optional'",
                words);
}
