/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the control groups of guests lie, and who makes them: systemd, asked by machined so that
 * machinectl knows the guests, systemd asked by ourselves, or nobody but us.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * Finds out, and says in the log, which of "machined", "systemd" and "direct" this host has. At
 * most PLACEMENT_SECONDS. Called once, before placement_name().
 */
void placement_find(void);

/* What was found; of ContainerExtension. */
const char *placement_name(void);

/* The group that a guest started now will have. Free with g_free(). */
char *placement_group(const char *partition, pid_t pid, const char *name);

/*
 * Whether @group, which a launcher says it has made, may be one of the guest for which @expected
 * was expected: it is killed and removed with the guest. systemd may be a container's and have its
 * slices elsewhere, but the scope has one name only.
 */
bool placement_accepts(const char *expected, const char *group);

/* Has machined and systemd forget a guest that has ended, if @group is a scope. Whatever is left
 * is reported to the log. At most PLACEMENT_RELEASE_SECONDS. */
void placement_release(pid_t pid, const char *name, const char *group);

#define PLACEMENT_SECONDS         15
#define PLACEMENT_RELEASE_SECONDS 8
