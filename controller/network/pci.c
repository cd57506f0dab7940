/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks into sysfs. */
#include "controller/network/pci.h"

#include "controller/wire/failure.h"

char *
pci_interface(const char *sys, const char *address, GError **error)
{
    g_autofree char *device = g_build_filename(sys, "bus/pci/devices", address, NULL);
    g_autofree char *path = g_build_filename(device, "net", NULL);
    g_autoptr(GDir) names = g_dir_open(path, 0, NULL);
    g_autofree char *first = NULL;
    const char *name;

    while (names && (name = g_dir_read_name(names))) {
        if (first && g_strcmp0(name, first) > 0)
            continue;
        g_free(first);
        first = g_strdup(name);
    }
    if (!first && !g_file_test(device, G_FILE_TEST_IS_DIR))
        fail(error, FAILURE_CONFIG_UNSUPPORTED, "the host has no PCI device %s; name another one",
             address);
    else if (!first)
        fail(error, FAILURE_CONFIG_UNSUPPORTED,
             "PCI device %s has no network interface: give it back to the host's own driver",
             address);
    return g_steal_pointer(&first);
}
