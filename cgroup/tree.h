/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups with all that is below them, by descriptor. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Calls @visit for every group below @directory, deepest first, then for @directory itself. */
void cgroup_tree_visit(int directory, void (*visit)(int group, gpointer data), gpointer data);

/* The same from above, without @directory itself. */
void cgroup_tree_descend(int directory, void (*visit)(int group, gpointer data), gpointer data);

/* Removes the group @name in @parent and all below it, once; false with errno when one is still in
 * use. What is not there counts as removed. */
bool cgroup_tree_remove(int parent, const char *name);
