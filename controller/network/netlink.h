/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests of rtnetlink and generic netlink, one at a time, in the network namespace the socket was
 * opened in: the process may be in another one. Messages are made with libnl.
 */
#pragma once

#include <glib.h>
#include <net/if.h>
#include <netlink/msg.h>
#include <stdbool.h>

typedef struct Netlink Netlink;

/* A socket in the namespace of @netns, a descriptor of /proc/PID/ns/net; -1: that of the caller,
 * who has to be alone in its process for anything else. */
Netlink *netlink_open(int netns, GError **error);
/* The same for families of generic netlink; requests begin with a struct genlmsghdr. */
Netlink *netlink_open_generic(int netns, GError **error);
void netlink_free(Netlink *netlink);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Netlink, netlink_free)

/* A request of @type (RTM_…, the number of a family) that starts with @size bytes of @header. */
struct nl_msg *netlink_request(int type, int flags, const void *header, size_t size);

/*
 * Sends @message, which is freed, and waits for the kernel's answer. Returns 0, or the errno. What
 * the kernel says about it is kept for netlink_fail().
 */
int netlink_perform(Netlink *netlink, struct nl_msg *message);

/* An ioctl() about a link, in the namespace of the socket; 0 or errno. */
int netlink_ioctl(Netlink *netlink, unsigned long request, struct ifreq *argument);

/* As fail_errno(), with what the kernel said about the request that failed last. */
bool netlink_fail(const Netlink *netlink, int errnum, GError **error, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/*
 * Sends @message, which is freed, and calls @found for every object of the answer. Returns 0, or
 * the errno.
 */
int netlink_query(Netlink *netlink, struct nl_msg *message,
                  void (*found)(struct nlmsghdr *header, void *opaque), void *opaque);
