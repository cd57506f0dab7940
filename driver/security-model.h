/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The security module whose labels guests can have. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "driver/settings.h"
#include "xml/definition.h"

/* The profile of guests that ask for a label without naming one. */
#define SECURITY_PROFILE "libvirt-caisson-default"

/* Finds the module, or takes the one that lxc.conf names, which must be there. */
bool security_init(const Settings *settings, GError **error);

/* "selinux", "apparmor" or "none", and its version as libvirt tells it. */
const char *security_model(void);
const char *security_doi(void);

/*
 * Checks the labels of a definition that is about to start, and fills in what is generated, so that
 * the running guest shows it.
 */
bool security_prepare(Definition *live, GError **error);

/* What process @pid has; "" where there is no module. Free with g_free(). */
char *security_label_of(pid_t pid, bool *ret_enforcing);
