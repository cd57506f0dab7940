/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network interfaces of PCI devices. */
#pragma once

#include <glib.h>

/* The name of the interface of the device @address ("0000:03:00.0"), as @sys ("/sys") has it; of
 * several the first. NULL with error. Free with g_free(). */
char *pci_interface(const char *sys, const char *address, GError **error);
