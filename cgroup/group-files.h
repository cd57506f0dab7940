/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of one group that are read again and again. From its second read on a file stays open, as
 * long as all that do are no more than half of the descriptors this process may have: then a read
 * is one pread(2), which the kernel answers as things are at that moment.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "cgroup/cgroup.h"

/* The longest file, memory.stat of v2, has about 2 KiB; one of a host with many devices more. */
#define GROUP_TEXT_MAX 16384

/* How many different files of a group there may be. */
#define GROUP_FILES_MAX 32

/* Any thread may use it. */
typedef struct GroupFiles GroupFiles;

/* @group: "/machine/heron". With one reference. */
GroupFiles *group_files_new(const char *group);
GroupFiles *group_files_ref(GroupFiles *files);
void group_files_unref(GroupFiles *files);
const char *group_files_group(const GroupFiles *files);

/*
 * The text of the file @name in @text, of the group in @hierarchy; false when it cannot be read, or
 * @hierarchy is NULL. @which is the number that the caller gives this file, below GROUP_FILES_MAX.
 */
bool group_files_read(GroupFiles *files, size_t which, const CgroupHierarchy *hierarchy,
                      const char *name, char text[GROUP_TEXT_MAX]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GroupFiles, group_files_unref)
