/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whoever is root in a user namespace may change the attributes of mounts in its own mount
 * namespace, also those that the host has made read-only, unless the kernel has locked them.
 */
#pragma once

#include <glib.h>

/*
 * A copy of the detached mount @tree, and of all below it, whose attributes (read-only, nosuid,
 * nodev, noexec) cannot be taken away in @user_namespace. -1 with error.
 */
int lock_attributes(int tree, int user_namespace, GError **error);
