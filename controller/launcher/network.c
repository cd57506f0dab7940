/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interfaces inside: so far the loopback one. */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "controller/launcher/steps.h"
#include "controller/wire/failure.h"

bool
network_start(Launch *launch, GError **error)
{
    struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
    g_auto(Fd) fd = -1;

    if (!launch_owns_namespace(launch, "network"))
        return true;
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
        return fail_errno(error, errno, "cannot start interface 'lo'");
    return true;
}
