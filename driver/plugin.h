/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the driver may be used, and the moment at which it starts guests of its own accord. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "driver/abi/registration.h"

/* FAILURE_INTERNAL with the reason why the driver did not come up. */
bool plugin_expect_active(GError **error);

/* Starts what is marked autostart, the first time it is called. Only after verify_connection() has
 * passed: before that nothing is known of libvirt's call table. */
void plugin_autostart(void);

/* The callbacks of the state driver; see driver/abi/registration.h. */
InitializeResult plugin_initialize(bool privileged, const char *root, bool monolithic,
                                   InhibitCallback inhibit, void *opaque);
int plugin_reload(void);
int plugin_cleanup(void);
