/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Queueing disciplines and their class. */
#include "controller/network/shape.h"

#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "controller/network/link.h"
#include "controller/network/redirect.h"
#include "controller/network/relay.h"
#include "controller/wire/failure.h"

/* The kernel counts time in these units: see /proc/net/psched */
#define TICK_NS 64

#define HANDLE_ROOT  0x00010000
#define HANDLE_CLASS 0x00010001

/* Frames of full size that a class may send before it waits, so that segmentation is not undone. */
#define FRAME      1514
#define QUANTUM    60000
#define HTB_FORMAT 3 /* of the options: the only one */

/* The device for what comes from the guest: found again by the name of the host's end alone. */
static void
redirection_name(const ContainerInterface *interface, char name[LINK_NAME_MAX + 1])
{
    link_name_beside("ifb", interface->host_name, name);
}

static struct nl_msg *
discipline(int type, int index, uint32_t parent, uint32_t handle)
{
    struct tcmsg header = {
        .tcm_family = AF_UNSPEC, .tcm_ifindex = index, .tcm_parent = parent, .tcm_handle = handle
    };
    bool makes = type == RTM_NEWQDISC || type == RTM_NEWTCLASS || type == RTM_NEWTFILTER;

    return netlink_request(type, makes ? NLM_F_CREATE | NLM_F_REPLACE : 0, &header, sizeof(header));
}

/* Time that @bytes take at @rate, in ticks. */
static uint32_t
ticks(uint64_t bytes, uint64_t rate)
{
    double ns = (double)bytes * 1e9 / rate;

    return MIN(ns / TICK_NS, UINT32_MAX);
}

/* What may go at once: what was said, or what passes in ten milliseconds and a few full frames. */
static uint64_t
burst_of(uint64_t said, uint64_t rate)
{
    return said ? said * 1024 : rate / 100 + 2 * FRAME;
}

/* One that is there already is ours, and cannot be changed. */
static int
set_root(Netlink *netlink, int index)
{
    struct tc_htb_glob global = { .version = HTB_FORMAT,
                                  .rate2quantum = 10,
                                  .defcls = HANDLE_CLASS & 0xffff };
    struct tcmsg header = { .tcm_family = AF_UNSPEC,
                            .tcm_ifindex = index,
                            .tcm_parent = TC_H_ROOT,
                            .tcm_handle = HANDLE_ROOT };
    struct nl_msg *message =
        netlink_request(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
    struct nlattr *options;
    int errnum;

    nla_put_string(message, TCA_KIND, "htb");
    options = nla_nest_start(message, TCA_OPTIONS);
    nla_put(message, TCA_HTB_INIT, sizeof(global), &global);
    nla_nest_end(message, options);
    errnum = netlink_perform(netlink, message);
    return errnum == EEXIST ? 0 : errnum;
}

static int
set_class(Netlink *netlink, int index, const ContainerRate *wanted)
{
    uint64_t rate = wanted->average * 1000;
    uint64_t peak = wanted->peak ? wanted->peak * 1000 : rate;
    struct tc_htb_opt class = {
        .rate = { .linklayer = TC_LINKLAYER_ETHERNET, .rate = MIN(rate, UINT32_MAX) },
        .ceil = { .linklayer = TC_LINKLAYER_ETHERNET, .rate = MIN(peak, UINT32_MAX) },
        .buffer = ticks(burst_of(wanted->burst, rate), rate),
        .cbuffer = ticks(burst_of(0, peak), peak),
        .quantum = QUANTUM,
    };
    struct nl_msg *message = discipline(RTM_NEWTCLASS, index, HANDLE_ROOT, HANDLE_CLASS);
    struct nlattr *options;

    nla_put_string(message, TCA_KIND, "htb");
    options = nla_nest_start(message, TCA_OPTIONS);
    nla_put(message, TCA_HTB_PARMS, sizeof(class), &class);
    if (rate > UINT32_MAX)
        nla_put_u64(message, TCA_HTB_RATE64, rate);
    if (peak > UINT32_MAX)
        nla_put_u64(message, TCA_HTB_CEIL64, peak);
    nla_nest_end(message, options);
    return netlink_perform(netlink, message);
}

static int
set_rate(Netlink *netlink, int index, const ContainerRate *wanted)
{
    int errnum = set_root(netlink, index);

    return errnum ? errnum : set_class(netlink, index, wanted);
}

/* Without a discipline there is nothing to remove. */
static void
clear(Netlink *netlink, int index)
{
    netlink_perform(netlink, discipline(RTM_DELQDISC, index, TC_H_ROOT, HANDLE_ROOT));
}

static int
limit(Netlink *netlink, int index, const ContainerRate *rate)
{
    if (rate && rate->average)
        return set_rate(netlink, index, rate);
    clear(netlink, index);
    return 0;
}

static bool
limit_outbound(Netlink *netlink, int index, const ContainerInterface *interface, GError **error)
{
    char name[LINK_NAME_MAX + 1];
    Link link;
    int errnum;

    redirection_name(interface, name);
    if ((errnum = link_find(netlink, name, &link)) == ENODEV &&
        !(errnum = link_create_plain(netlink, "ifb", name)))
        errnum = link_find(netlink, name, &link);
    if (!errnum && !(errnum = set_rate(netlink, link.index, interface->outbound)))
        errnum = redirect_all(netlink, index, link.index);
    return !errnum || netlink_fail(netlink, errnum, error,
                                   "cannot limit what comes from the container (%s)", name);
}

/* The other link of a relay has a discipline of its own. */
static bool
limit_relay(Netlink *netlink, const ContainerInterface *interface, GError **error)
{
    int index;
    int errnum = relay_find(netlink, interface, &index);

    if (!errnum)
        errnum = limit(netlink, index, interface->outbound);
    return !errnum ||
           netlink_fail(netlink, errnum, error, "cannot limit what comes from the container");
}

bool
shape_remove(Netlink *netlink, const ContainerInterface *interface, GError **error)
{
    char name[LINK_NAME_MAX + 1];
    Link link;
    int errnum;

    redirection_name(interface, name);
    if (link_find(netlink, name, &link) != 0 || !g_str_equal(link.kind, "ifb"))
        return true;
    errnum = link_delete(netlink, link.index);
    return !errnum || errnum == ENODEV ||
           netlink_fail(netlink, errnum, error, "cannot remove '%s'", name);
}

bool
shape_apply(Netlink *netlink, int index, const ContainerInterface *interface, GError **error)
{
    int errnum = limit(netlink, index, interface->inbound);

    if (errnum)
        return netlink_fail(netlink, errnum, error, "cannot limit what goes to the container");
    if (g_str_equal(interface->kind, CONTAINER_INTERFACE_RELAY))
        return limit_relay(netlink, interface, error);
    if (interface->outbound && interface->outbound->average)
        return limit_outbound(netlink, index, interface, error);
    redirect_end(netlink, index);
    return shape_remove(netlink, interface, error);
}
