/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the seccomp rules of a definition to a filter of the kernel's. */
#pragma once

#include <glib.h>
#include <linux/filter.h>
#include <stdbool.h>

#include "controller/wire/container.h"

/* Programs of 64-bit hosts may be of the 32-bit architecture beside it: the rules hold for all. */
typedef struct {
    struct sock_fprog program; /* .len 0: nothing to install */
} Filter;

/*
 * Compiles @seccomp (NULL: nothing). Names of calls that the library does not know are left out.
 * FAILURE_CONFIG_UNSUPPORTED when this kernel has no filters, unless the definition can do without.
 */
bool filter_compile(const ContainerSeccomp *seccomp, Filter *filter, GError **error);

/* Binds the process and all its descendants. Wants CAP_SYS_ADMIN, or no_new_privs. */
bool filter_install(const Filter *filter, GError **error);

void filter_clear(Filter *filter);
