/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A time namespace, in which the guest's clocks since boot begin at its start. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "controller/kernel.h"
#include "controller/launcher/steps.h"
#include "controller/wire/failure.h"

#define NANOSECONDS 1000000000L

static bool
write_offset(int fd, clockid_t id, const char *name, GError **error)
{
    struct timespec now;
    /* what is subtracted is negative seconds and positive nanoseconds */
    long part;

    clock_gettime(id, &now);
    part = now.tv_nsec ? NANOSECONDS - now.tv_nsec : 0;
    if (dprintf(fd, "%s %lld %ld\n", name, -(long long)now.tv_sec - (now.tv_nsec ? 1 : 0), part) <
        0)
        return fail_errno(error, errno, "cannot set the %s clock of the container", name);
    return true;
}

/* What the launcher enters is for its next child only: it is left as soon as init is born. */
bool
clock_enter(Launch *launch, GError **error)
{
    g_auto(Fd) monotonic = -1;
    g_auto(Fd) boottime = -1;

    if (!launch->container->caisson->time_namespace)
        return true;
    if ((launch->clock = open("/proc/self/ns/time", O_RDONLY | O_CLOEXEC)) < 0 ||
        unshare(CLONE_NEWTIME) < 0)
        return fail_errno(error, errno, "cannot create a time namespace");
    monotonic = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
    boottime = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
    if (monotonic < 0 || boottime < 0)
        return fail_errno(error, errno, "cannot open '/proc/self/timens_offsets'");
    return write_offset(monotonic, CLOCK_MONOTONIC, "monotonic", error) &&
           write_offset(boottime, CLOCK_BOOTTIME, "boottime", error);
}

bool
clock_leave(Launch *launch, GError **error)
{
    if (launch->clock < 0)
        return true;
    if (setns(launch->clock, CLONE_NEWTIME) < 0)
        return fail_errno(error, errno, "cannot return to the host's time namespace");
    fd_close(&launch->clock);
    return true;
}
