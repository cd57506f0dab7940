/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hearing of a group that ran out of memory. */
#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cgroup/layout.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

/* v1: the pair of descriptors is told to the group, which keeps what it needs of the second. */
static int
v1_watch(int directory, GError **error)
{
    g_auto(Fd) event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    g_auto(Fd) control = openat(directory, "memory.oom_control", O_RDONLY | O_CLOEXEC);
    g_autofree char *pair = g_strdup_printf("%d %d", event, control);

    if (event >= 0 && control >= 0 && cgroup_file_write(directory, "cgroup.event_control", pair))
        return fd_steal(&event);
    fail_errno(error, errno, "cannot watch the memory of the guest's control group");
    return -1;
}

int
cgroup_watch_memory(const CgroupLayout *layout, const char *group, GError **error)
{
    g_auto(Fd) directory = cgroup_open(layout, CGROUP_MEMORY, group, error);
    int events;

    if (directory < 0)
        return -1;
    if (cgroup_version(layout, CGROUP_MEMORY) == 1)
        return v1_watch(directory, error);
    if ((events = openat(directory, "memory.events", O_RDONLY | O_CLOEXEC)) < 0)
        fail_errno(error, errno, "cannot watch the memory of the guest's control group");
    return events;
}
