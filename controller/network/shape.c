/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Queueing disciplines, their class, and the filter that redirects. */
#include "controller/network/shape.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <string.h>
#include <sys/socket.h>

#include "controller/network/link.h"
#include "controller/wire/failure.h"

/* The kernel counts time in these units: see /proc/net/psched */
#define TICK_NS 64

#define HANDLE_ROOT  0x00010000
#define HANDLE_CLASS 0x00010001
#define HANDLE_IN    0xffff0000

/* Frames of full size that a class may send before it waits, so that segmentation is not undone. */
#define FRAME      1514
#define QUANTUM    60000
#define HTB_FORMAT 3 /* of the options: the only one */

/* The device for what comes from the guest: found again by the name of the host's end alone. */
static void
redirection_name(const ContainerInterface *interface, char name[LINK_NAME_MAX + 1])
{
    const char *host = interface->host_name;

    if (strlen("ifb-") + strlen(host) <= LINK_NAME_MAX)
        g_snprintf(name, LINK_NAME_MAX + 1, "ifb-%s", host);
    else
        g_snprintf(name, LINK_NAME_MAX + 1, "ifb-%08x", g_str_hash(host));
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

static int
set_ingress(Netlink *netlink, int index)
{
    struct nl_msg *message = discipline(RTM_NEWQDISC, index, TC_H_INGRESS, HANDLE_IN);
    int errnum;

    nla_put_string(message, TCA_KIND, "ingress");
    errnum = netlink_perform(netlink, message);
    return errnum == EEXIST ? 0 : errnum;
}

/* Everything that arrives goes out by @to. */
static int
redirect(Netlink *netlink, int index, int to)
{
    struct {
        struct tc_u32_sel head;
        struct tc_u32_key all;
    } selector = { .head = { .flags = TC_U32_TERMINAL, .nkeys = 1 } };
    struct tc_mirred mirred = { .eaction = TCA_EGRESS_REDIR,
                                .action = TC_ACT_STOLEN,
                                .ifindex = to };
    struct tcmsg header = { .tcm_family = AF_UNSPEC,
                            .tcm_ifindex = index,
                            .tcm_parent = HANDLE_IN,
                            .tcm_info = TC_H_MAKE(1 << 16, htons(ETH_P_ALL)) };
    struct nl_msg *message =
        netlink_request(RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
    struct nlattr *options, *actions, *action, *parameters;

    nla_put_string(message, TCA_KIND, "u32");
    options = nla_nest_start(message, TCA_OPTIONS);
    nla_put(message, TCA_U32_SEL, sizeof(selector), &selector);
    actions = nla_nest_start(message, TCA_U32_ACT);
    action = nla_nest_start(message, 1);
    nla_put_string(message, TCA_ACT_KIND, "mirred");
    parameters = nla_nest_start(message, TCA_ACT_OPTIONS | NLA_F_NESTED);
    nla_put(message, TCA_MIRRED_PARMS, sizeof(mirred), &mirred);
    nla_nest_end(message, parameters);
    nla_nest_end(message, action);
    nla_nest_end(message, actions);
    nla_nest_end(message, options);
    return netlink_perform(netlink, message);
}

/* Without a discipline there is nothing to remove. */
static void
clear(Netlink *netlink, int index, uint32_t parent, uint32_t handle)
{
    netlink_perform(netlink, discipline(RTM_DELQDISC, index, parent, handle));
}

static bool
limit_outbound(Netlink *netlink, int index, const ContainerInterface *interface, GError **error)
{
    char name[LINK_NAME_MAX + 1];
    Link link;
    int errnum;

    redirection_name(interface, name);
    errnum = link_find(netlink, name, &link);
    if (!errnum)
        errnum = set_rate(netlink, link.index, interface->outbound);
    else if (!(errnum = link_create_plain(netlink, "ifb", name)) &&
             !(errnum = link_find(netlink, name, &link)) &&
             !(errnum = set_rate(netlink, link.index, interface->outbound)) &&
             !(errnum = set_ingress(netlink, index)))
        errnum = redirect(netlink, index, link.index);
    return !errnum || netlink_fail(netlink, errnum, error,
                                   "cannot limit what comes from the container (%s)", name);
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
    int errnum = 0;

    if (interface->inbound && interface->inbound->average)
        errnum = set_rate(netlink, index, interface->inbound);
    else
        clear(netlink, index, TC_H_ROOT, HANDLE_ROOT);
    if (errnum)
        return netlink_fail(netlink, errnum, error, "cannot limit what goes to the container");
    if (interface->outbound && interface->outbound->average)
        return limit_outbound(netlink, index, interface, error);
    clear(netlink, index, TC_H_INGRESS, HANDLE_IN);
    return shape_remove(netlink, interface, error);
}
