/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A socket of libnl's, and what it leaves out: the errno as it was and the kernel's own words. */
#include "controller/network/netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sched.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

#define WORDS_MAX 256

struct Netlink {
    struct nl_sock *socket;
    int errnum;            /* of the request under way */
    char words[WORDS_MAX]; /* of the kernel about it; "": none */
    void (*found)(struct nlmsghdr *header, void *opaque);
    void *opaque;
};

static bool
connect_here(Netlink *netlink, int protocol, GError **error)
{
    int on = 1;
    int fd;

    netlink->socket = nl_socket_alloc();
    if (!netlink->socket || nl_connect(netlink->socket, protocol) < 0)
        return fail(error, FAILURE_SYSTEM, "cannot open a netlink socket");
    fd = nl_socket_get_fd(netlink->socket);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    /* an old kernel has no words: then there is the errno */
    setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
    return true;
}

static bool
connect_there(Netlink *netlink, int netns, int protocol, GError **error)
{
    g_auto(Fd) own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    bool connected;

    if (own < 0)
        return fail_errno(error, errno, "cannot open '/proc/thread-self/ns/net'");
    if (setns(netns, CLONE_NEWNET) < 0)
        return fail_errno(error, errno, "cannot enter the network namespace of the container");
    connected = connect_here(netlink, protocol, error);
    if (setns(own, CLONE_NEWNET) < 0)
        return fail_errno(connected ? error : NULL, errno,
                          "cannot return to the network namespace of the host");
    return connected;
}

static void
keep_words(Netlink *netlink, const struct nlmsgerr *reply, int length)
{
    /* the request comes back in front of the attributes, or only its header */
    size_t skipped = sizeof(*reply);
    const struct nlmsghdr *header = (const struct nlmsghdr *)((const char *)reply - NLMSG_HDRLEN);
    struct nlattr *words;

    if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
        return;
    if (!(header->nlmsg_flags & NLM_F_CAPPED))
        skipped += reply->msg.nlmsg_len - NLMSG_HDRLEN;
    skipped = NLMSG_ALIGN(skipped);
    if (skipped > (size_t)length)
        return;
    words =
        nla_find((struct nlattr *)((char *)reply + skipped), length - skipped, NLMSGERR_ATTR_MSG);
    if (words)
        nla_strlcpy(netlink->words, words, sizeof(netlink->words));
}

static int
on_error(struct sockaddr_nl *peer, struct nlmsgerr *reply, void *opaque)
{
    const struct nlmsghdr *header = (const struct nlmsghdr *)((const char *)reply - NLMSG_HDRLEN);
    Netlink *netlink = opaque;

    netlink->errnum = -reply->error;
    keep_words(netlink, reply, header->nlmsg_len - NLMSG_HDRLEN);
    return NL_STOP;
}

static int
on_valid(struct nl_msg *message, void *opaque)
{
    Netlink *netlink = opaque;

    if (netlink->found)
        netlink->found(nlmsg_hdr(message), netlink->opaque);
    return NL_OK;
}

static int
on_end(struct nl_msg *message, void *opaque)
{
    ((Netlink *)opaque)->errnum = 0;
    return NL_STOP;
}

static void
listen_to(Netlink *netlink)
{
    struct nl_cb *callbacks = nl_socket_get_cb(netlink->socket);

    nl_cb_err(callbacks, NL_CB_CUSTOM, on_error, netlink);
    nl_cb_set(callbacks, NL_CB_VALID, NL_CB_CUSTOM, on_valid, netlink);
    nl_cb_set(callbacks, NL_CB_ACK, NL_CB_CUSTOM, on_end, netlink);
    nl_cb_set(callbacks, NL_CB_FINISH, NL_CB_CUSTOM, on_end, netlink);
    nl_cb_put(callbacks);
}

static Netlink *
open_protocol(int netns, int protocol, GError **error)
{
    g_autoptr(Netlink) netlink = g_new0(Netlink, 1);

    if (!(netns < 0 ? connect_here(netlink, protocol, error)
                    : connect_there(netlink, netns, protocol, error)))
        return NULL;
    listen_to(netlink);
    return g_steal_pointer(&netlink);
}

Netlink *
netlink_open(int netns, GError **error)
{
    return open_protocol(netns, NETLINK_ROUTE, error);
}

Netlink *
netlink_open_generic(int netns, GError **error)
{
    return open_protocol(netns, NETLINK_GENERIC, error);
}

void
netlink_free(Netlink *netlink)
{
    if (!netlink)
        return;
    nl_socket_free(netlink->socket);
    g_free(netlink);
}

struct nl_msg *
netlink_request(int type, int flags, const void *header, size_t size)
{
    struct nl_msg *message = nlmsg_alloc_simple(type, NLM_F_REQUEST | flags);

    nlmsg_append(message, (void *)header, size, NLMSG_ALIGNTO);
    return message;
}

int
netlink_query(Netlink *netlink, struct nl_msg *message,
              void (*found)(struct nlmsghdr *header, void *opaque), void *opaque)
{
    int result;

    netlink->words[0] = '\0';
    netlink->errnum = -1;
    netlink->found = found;
    netlink->opaque = opaque;
    if (!(nlmsg_hdr(message)->nlmsg_flags & NLM_F_DUMP))
        nlmsg_hdr(message)->nlmsg_flags |= NLM_F_ACK;
    result = nl_send_auto(netlink->socket, message);
    nlmsg_free(message);
    while (result >= 0 && netlink->errnum < 0) {
        result = nl_recvmsgs_default(netlink->socket);
        /* a dump that changed under way is asked for again by nobody: what came is of use */
        if (result == -NLE_DUMP_INTR)
            result = 0;
    }
    return netlink->errnum < 0 ? EIO : netlink->errnum;
}

int
netlink_perform(Netlink *netlink, struct nl_msg *message)
{
    return netlink_query(netlink, message, NULL, NULL);
}

int
netlink_ioctl(Netlink *netlink, unsigned long request, struct ifreq *argument)
{
    netlink->words[0] = '\0';
    return ioctl(nl_socket_get_fd(netlink->socket), request, argument) < 0 ? errno : 0;
}

bool
netlink_fail(const Netlink *netlink, int errnum, GError **error, const char *format, ...)
{
    g_autofree char *what = NULL;
    va_list arguments;

    va_start(arguments, format);
    what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    fail_errno(error, errnum, "%s", what);
    if (error && *error && netlink->words[0]) {
        g_autofree char *text = g_strdup_printf("%s (%s)", (*error)->message, netlink->words);

        g_free((*error)->message);
        (*error)->message = g_steal_pointer(&text);
    }
    return false;
}
