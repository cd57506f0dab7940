/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where templates and what containers write over them lie, below the driver's data directory:
 *   templates/NAME/rootfs       the files, never written to
 *   templates/NAME/config.json  how its program is started (OCI), if it is known
 *   layers/UUID/TARGET/         what the domain with this UUID has changed at that target:
 *       template                the template's name
 *       upper, work             of the overlay
 * tools/caisson-template makes and removes them.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define TEMPLATES_DIRECTORY "/var/lib/libvirt/lxc"

/* Letters, digits and "._-", not beginning with "." or "-", at most 64. */
bool template_name_is_valid(const char *name);

/* Both: @data may be NULL; free with g_free(). */
char *template_path(const char *data, const char *name);
/* TARGET is one name: "/" and what is no plain character are written as %2f. */
char *template_layer(const char *data, const char *uuid, const char *target);
