/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Proves at run time that the running libvirt has the layout that we rely on. */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>

/* where libvirt keeps what access checks read in a domain definition; bytes */
typedef struct {
    gsize id;
    gsize uuid;
    gsize name;
} DefinitionLayout;

/*
 * To be called at state initialisation: symbols, and the place of id and name in a definition.
 * FAILURE_INTERNAL says what did not match; the driver must then stay inactive. The first result
 * is kept: later calls are cheap. Thread-safe.
 */
bool verify_definition(GError **error);

/* The layout found; all zero unless verify_definition() has returned true. */
DefinitionLayout verify_definition_layout(void);

/*
 * The canary, to be called in each connectOpen before anything else of @conn is used: finds our
 * table in @conn and has a blank connection call chosen slots by libvirt's public functions. The
 * first result is kept; FAILURE_INTERNAL names the call that went astray. Resets the thread's last
 * error. Thread-safe.
 */
bool verify_connection(virConnectPtr conn, GError **error);

/* Whether the canary has passed: before that no guest may be started. */
bool verify_passed(void);
