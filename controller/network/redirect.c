/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The discipline of what arrives, and the filter that redirects. */
#include "controller/network/redirect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <sys/socket.h>

#define HANDLE        0xffff0000
#define HANDLE_FILTER 0x80000800 /* the first of the first table */

static struct nl_msg *
discipline(int type, int flags, int index)
{
    struct tcmsg header = { .tcm_family = AF_UNSPEC,
                            .tcm_ifindex = index,
                            .tcm_parent = TC_H_INGRESS,
                            .tcm_handle = HANDLE };
    struct nl_msg *message = netlink_request(type, flags, &header, sizeof(header));

    nla_put_string(message, TCA_KIND, "ingress");
    return message;
}

static int
filter(Netlink *netlink, int index, int to)
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
                            .tcm_handle = HANDLE_FILTER,
                            .tcm_parent = HANDLE,
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

int
redirect_all(Netlink *netlink, int from, int to)
{
    int errnum =
        netlink_perform(netlink, discipline(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, from));

    if (!errnum || errnum == EEXIST)
        errnum = filter(netlink, from, to);
    return errnum == EEXIST ? 0 : errnum;
}

/* Without a discipline there is nothing to end. */
void
redirect_end(Netlink *netlink, int from)
{
    netlink_perform(netlink, discipline(RTM_DELQDISC, 0, from));
}
