/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the seccomp rules of a definition to a filter of the kernel's. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "controller/wire/container.h"
#include "controller/wire/descriptor.h"

/* A file of memory for a filter, close-on-exec: a process may compile what another one installs.
 * An empty one is no filter. */
Fd filter_open(GError **error);

/*
 * Compiles @seccomp (NULL: nothing) into @file, which is empty. Programs of 64-bit hosts may be of
 * the 32-bit architecture beside it: the rules hold for all. Names of calls that the library does
 * not know are left out. FAILURE_CONFIG_UNSUPPORTED when this kernel has no filters, unless the
 * definition can do without.
 */
bool filter_compile(const ContainerSeccomp *seccomp, int file, GError **error);

/* Binds the process and all its descendants. Wants CAP_SYS_ADMIN, or no_new_privs. */
bool filter_install(int file, GError **error);
