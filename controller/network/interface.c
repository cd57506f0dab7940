/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making interfaces, one function per kind; the order within each is the order of the table below.
 */
#include "controller/network/interface.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <string.h>

#include "controller/network/address.h"
#include "controller/network/link.h"
#include "controller/network/passt.h"
#include "controller/network/pci.h"
#include "controller/network/port.h"
#include "controller/network/relay.h"
#include "controller/network/shape.h"
#include "controller/network/switch.h"
#include "controller/wire/failure.h"

/* Names in a row that may be taken before we give up. */
#define TRIES_MAX 10000

bool
network_open(Network *network, int netns, GError **error)
{
    *network = (Network){ .netns = netns, .home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC) };
    if (network->home < 0)
        return fail_errno(error, errno, "cannot open '/proc/self/ns/net'");
    return (network->host = netlink_open(-1, error)) &&
           (network->guest = netlink_open(netns, error));
}

void
network_close(Network *network)
{
    fd_close(&network->home);
    g_clear_pointer(&network->host, netlink_free);
    g_clear_pointer(&network->guest, netlink_free);
}

static bool
is_relay(const ContainerInterface *interface)
{
    return g_str_equal(interface->kind, CONTAINER_INTERFACE_RELAY);
}

static LinkInside
link_inside(const Network *network, const ContainerInterface *interface)
{
    return (LinkInside){ interface->name, interface->mac, interface->mtu, network->netns };
}

/* The bridge as a link; 0 for none. */
static bool
find_master(const Network *network, const ContainerInterface *interface, int *ret_index,
            GError **error)
{
    Link link = { 0 };
    int errnum;

    if (interface->bridge && !interface->switch_kind) {
        errnum = link_find(network->host, interface->bridge, &link);
        if (errnum == ENODEV)
            return fail(error, FAILURE_OPERATION_FAILED,
                        "the host has no bridge '%s': create it, or name another one",
                        interface->bridge);
        if (errnum)
            return netlink_fail(network->host, errnum, error, "cannot look at bridge '%s'",
                                interface->bridge);
    }
    *ret_index = link.index;
    return true;
}

/* The number at the end of a name that was made up; the next one comes out. */
static void
next_name(char **name)
{
    size_t length = strlen(*name);
    size_t stem = length;
    g_autofree char *text = NULL;

    while (stem > 0 && g_ascii_isdigit((*name)[stem - 1]))
        stem--;
    text = g_strdup_printf("%.*s%" G_GUINT64_FORMAT, (int)stem, *name,
                           g_ascii_strtoull(*name + stem, NULL, 10) + 1);
    g_free(*name);
    *name = g_steal_pointer(&text);
}

/* EEXIST can be about either end. */
static bool
name_is_taken(Netlink *netlink, const char *name)
{
    Link link;

    return link_find(netlink, name, &link) == 0;
}

static bool
fail_veth(const Network *network, const ContainerInterface *interface, int errnum, GError **error)
{
    if (errnum == EEXIST && name_is_taken(network->guest, interface->name))
        return fail(error, FAILURE_OPERATION_FAILED,
                    "the container has an interface '%s' already; give it another name by <guest "
                    "dev='…'/>",
                    interface->name);
    if (errnum == EEXIST)
        return fail(error, FAILURE_OPERATION_FAILED,
                    "the host has an interface '%s' already; give it another name by <target "
                    "dev='…'/>, or none",
                    interface->host_name);
    return netlink_fail(network->host, errnum, error, "cannot create the pair '%s' and '%s'%s%s%s",
                        interface->host_name, interface->name,
                        interface->bridge ? " on bridge '" : "",
                        interface->bridge ? interface->bridge : "", interface->bridge ? "'" : "");
}

static bool
create_veth(const Network *network, ContainerInterface *interface, GError **error)
{
    LinkInside inside = link_inside(network, interface);
    bool up = !interface->down && !interface->host_down && !is_relay(interface);
    int tries = interface->host_generated ? TRIES_MAX : 1;
    int master = 0;
    int errnum;

    if (!find_master(network, interface, &master, error))
        return false;
    for (;;) {
        errnum = link_create_veth(network->host, interface->host_name, master, up, &inside);
        if (errnum != EEXIST || --tries == 0 || name_is_taken(network->guest, interface->name))
            break;
        next_name(&interface->host_name);
    }
    return !errnum || fail_veth(network, interface, errnum, error);
}

static bool
find_outside(const Network *network, const ContainerInterface *interface, Link *ret_link,
             GError **error)
{
    int errnum = link_find(network->host, interface->host_name, ret_link);

    return !errnum || netlink_fail(network->host, errnum, error, "cannot find '%s' on the host",
                                   interface->host_name);
}

/* A relay is up on both sides or on none: what is down must not be redirected to. */
static bool
set_outside_up(const Network *network, const ContainerInterface *interface, const Link *end,
               GError **error)
{
    bool up = !interface->down && !interface->host_down;
    int errnum = 0;
    int relay;

    if (is_relay(interface) && !(errnum = relay_find(network->host, interface, &relay)))
        errnum = link_set_up(network->host, relay, up);
    if (!errnum)
        errnum = link_set_up(network->host, end->index, up);
    return !errnum || netlink_fail(network->host, errnum, error, "cannot set '%s' %s",
                                   interface->host_name, up ? "up" : "down");
}

bool
interface_forget(const Network *network, const ContainerInterface *interface, GError **error)
{
    return is_relay(interface) ? relay_remove(network->host, interface, error)
                               : shape_remove(network->host, interface, error);
}

/* The host's end may be gone with the namespace of the other one. */
static bool
delete_on_host(const Network *network, const ContainerInterface *interface, GError **error)
{
    Link link;
    int errnum;

    if (!interface_forget(network, interface, error) ||
        (interface->switch_kind && !switch_leave(interface, error)))
        return false;
    if (link_find(network->host, interface->host_name, &link) == ENODEV)
        return true;
    errnum = link_delete(network->host, link.index);
    return !errnum || errnum == ENODEV ||
           netlink_fail(network->host, errnum, error, "cannot remove '%s'", interface->host_name);
}

typedef struct {
    const unsigned char *mac;
    Link found; /* .index 0: none */
} Search;

static void
look_at(const Link *link, void *opaque)
{
    Search *search = opaque;

    if (memcmp(link->mac, search->mac, sizeof(link->mac)) == 0)
        search->found = *link;
}

/* By its name, or by its address when the container has given it another name. 0 or errno. */
static int
find_inside(const Network *network, const ContainerInterface *interface, Link *ret_link)
{
    int errnum = link_find(network->guest, interface->name, ret_link);
    unsigned char mac[6];
    Search search = { .mac = mac };

    if (errnum != ENODEV || !interface->mac || !link_parse_mac(interface->mac, mac))
        return errnum;
    if ((errnum = link_list(network->guest, look_at, &search)))
        return errnum;
    *ret_link = search.found;
    return search.found.index ? 0 : ENODEV;
}

/* What a container that ends has hidden goes with it. */
static bool
accept_hidden(const Network *network, const ContainerInterface *interface, GError **error)
{
    return !network->running ||
           fail(error, FAILURE_OPERATION_FAILED,
                "the container has no interface '%s', nor one with its address: it may have "
                "changed both; end the container to be sure",
                interface->name);
}

static bool
delete_inside(const Network *network, const ContainerInterface *interface, GError **error)
{
    Link link;
    int errnum;

    if (!network->guest)
        return true;
    if ((errnum = find_inside(network, interface, &link)) == ENODEV)
        return accept_hidden(network, interface, error);
    if (!errnum)
        errnum = link_delete(network->guest, link.index);
    return !errnum || errnum == ENODEV ||
           netlink_fail(network->guest, errnum, error, "cannot remove '%s' of the container",
                        interface->name);
}

static uint32_t
macvlan_mode(const ContainerInterface *interface)
{
    static const struct {
        const char *name;
        uint32_t mode;
    } modes[] = {
        { "vepa", MACVLAN_MODE_VEPA },
        { "private", MACVLAN_MODE_PRIVATE },
        { "bridge", MACVLAN_MODE_BRIDGE },
        { "passthru", MACVLAN_MODE_PASSTHRU },
    };
    size_t i;

    for (i = 0; interface->mode && i < G_N_ELEMENTS(modes); i++) {
        if (g_str_equal(modes[i].name, interface->mode))
            return modes[i].mode;
    }
    return MACVLAN_MODE_VEPA;
}

static bool
find_lower(const Network *network, const ContainerInterface *interface, Link *ret_lower,
           GError **error)
{
    int errnum = link_find(network->host, interface->lower, ret_lower);

    if (errnum == ENODEV)
        return fail(error, FAILURE_OPERATION_FAILED,
                    "the host has no interface '%s' to put it on; name another one in <source "
                    "dev='…'/>",
                    interface->lower);
    return !errnum || netlink_fail(network->host, errnum, error, "cannot look at interface '%s'",
                                   interface->lower);
}

/* In mode passthru the link begins with the address of what is below it, which changes with it; the
 * kernel restores that. */
static int
set_address(const Network *network, const ContainerInterface *interface)
{
    Link link;
    int errnum = link_find(network->guest, interface->name, &link);

    return errnum ? errnum : link_set_mac(network->guest, link.index, interface->mac);
}

static bool
create_macvlan(const Network *network, ContainerInterface *interface, GError **error)
{
    LinkInside inside = link_inside(network, interface);
    uint32_t mode = macvlan_mode(interface);
    Link lower;
    int errnum;

    if (!find_lower(network, interface, &lower, error))
        return false;
    errnum = link_create_upper(network->host, "macvlan", lower.index, mode, &inside);
    if (errnum)
        return netlink_fail(network->host, errnum, error,
                            "cannot create '%s' on top of the host's '%s'", interface->name,
                            interface->lower);
    if (mode != MACVLAN_MODE_PASSTHRU || !interface->mac ||
        !(errnum = set_address(network, interface)))
        return true;
    netlink_fail(network->guest, errnum, error, "cannot give the host's '%s' the address %s",
                 interface->lower, interface->mac);
    delete_inside(network, interface, NULL);
    return false;
}

/* The container's end is as large as what its frames go out by. */
static bool
create_relay(const Network *network, ContainerInterface *interface, GError **error)
{
    Relay relay = { .mode = macvlan_mode(interface) };
    Link lower;
    Link end;

    if (!find_lower(network, interface, &lower, error))
        return false;
    relay.lower = lower.index;
    if (!interface->mtu)
        interface->mtu = lower.mtu;
    if (!create_veth(network, interface, error))
        return false;
    if (find_outside(network, interface, &end, error)) {
        relay.end = end.index;
        if (relay_create(network->host, interface, &relay, error) &&
            set_outside_up(network, interface, &end, error))
            return true;
    }
    delete_on_host(network, interface, NULL);
    return false;
}

/* Of what the bus calls a device, or its name, the link. */
static bool
find_device(const Network *network, ContainerInterface *interface, Link *ret_link, GError **error)
{
    int errnum;

    if (interface->pci) {
        g_free(interface->host_name);
        if (!(interface->host_name = pci_interface("/sys", interface->pci, error)))
            return false;
    }
    errnum = link_find(network->host, interface->host_name, ret_link);
    if (errnum == ENODEV)
        return fail(error, FAILURE_OPERATION_FAILED,
                    "the host has no interface '%s' to move in%s%s", interface->host_name,
                    interface->pci ? "; the container has that of PCI device " : "",
                    interface->pci ? interface->pci : "");
    return !errnum || netlink_fail(network->host, errnum, error, "cannot look at interface '%s'",
                                   interface->host_name);
}

static void
restore_address(const Network *network, const ContainerInterface *interface)
{
    Link link;

    if (interface->mac && link_find(network->host, interface->host_name, &link) == 0)
        link_restore_mac(network->host, &link);
}

/* What was noted when it came: a name would be whatever the container says. Who was killed in the
 * middle has noted nothing. */
static int
find_moved(const Network *network, const ContainerInterface *interface, Link *ret_link)
{
    int index = network->path ? network_noted_device(network->path, interface->name) : 0;

    return index ? link_find_index(network->guest, index, ret_link)
                 : link_find(network->guest, interface->name, ret_link);
}

static bool
note_device(const Network *network, const ContainerInterface *interface, GError **error)
{
    Link link;
    int errnum = link_find(network->guest, interface->name, &link);

    if (errnum)
        return netlink_fail(network->guest, errnum, error, "cannot find it in the container");
    return network_note_device(network->path, interface->name, link.index, error);
}

static bool
return_link(const Network *network, const ContainerInterface *interface, const Link *link,
            GError **error)
{
    int errnum;

    link_set_up(network->guest, link->index, false);
    errnum = link_move(network->guest, link->index, network->home, interface->host_name);
    if (errnum)
        return netlink_fail(network->guest, errnum, error,
                            "cannot return interface '%s' to the host", interface->host_name);
    restore_address(network, interface);
    return true;
}

/* A device that the container could remove, as it was none of hardware, is gone. */
static bool
return_device(const Network *network, const ContainerInterface *interface, GError **error)
{
    Link link;

    if (!network->guest || find_moved(network, interface, &link) != 0)
        return true;
    return return_link(network, interface, &link, error);
}

static bool
move_device(const Network *network, ContainerInterface *interface, GError **error)
{
    Link link;
    int errnum = 0;

    if (!find_device(network, interface, &link, error))
        return false;
    /* most cards take another address only while they are down */
    if (interface->mac && !(errnum = link_set_up(network->host, link.index, false)))
        errnum = link_set_mac(network->host, link.index, interface->mac);
    if (!errnum && interface->mtu)
        errnum = link_set_mtu(network->host, link.index, interface->mtu);
    if (!errnum)
        errnum = link_move(network->host, link.index, network->netns, interface->name);
    if (errnum) {
        netlink_fail(network->host, errnum, error,
                     "cannot move the host's interface '%s' into the container",
                     interface->host_name);
        restore_address(network, interface);
        return false;
    }
    if (note_device(network, interface, error))
        return true;
    if (link_find(network->guest, interface->name, &link) == 0)
        return_link(network, interface, &link, NULL);
    return false;
}

static bool
create_passt(const Network *network, ContainerInterface *interface, GError **error)
{
    return passt_start(network, interface, error);
}

/* Without the file that it was given the program is not known by; it ends with the guest. */
static bool
delete_passt(const Network *network, const ContainerInterface *interface, GError **error)
{
    return !network->path || passt_stop(network, interface, error);
}

typedef struct {
    const char *name;
    bool has_host_end;
    bool (*create)(const Network *network, ContainerInterface *interface, GError **error);
    bool (*delete)(const Network *network, const ContainerInterface *interface, GError **error);
} Kind;

static const Kind kinds[] = {
    { CONTAINER_INTERFACE_VETH, true, create_veth, delete_on_host },
    { CONTAINER_INTERFACE_MACVLAN, false, create_macvlan, delete_inside },
    { CONTAINER_INTERFACE_RELAY, true, create_relay, delete_on_host },
    { CONTAINER_INTERFACE_DEVICE, false, move_device, return_device },
    { CONTAINER_INTERFACE_PASST, false, create_passt, delete_passt },
};

static const Kind *
find_kind(const ContainerInterface *interface, GError **error)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (g_str_equal(kinds[i].name, interface->kind))
            return &kinds[i];
    }
    fail(error, FAILURE_INTERNAL, "unknown kind of interface '%s'", interface->kind);
    return NULL;
}

static bool
compute_checksums(Netlink *netlink, const char *name, GError **error)
{
    int errnum = link_compute_checksums(netlink, name);

    return !errnum ||
           netlink_fail(netlink, errnum, error, "cannot switch the checksums of '%s'", name);
}

static bool
configure_inside(const Network *network, const ContainerInterface *interface, GError **error)
{
    static const GPtrArray none = { NULL, 0 };
    Link link;
    int errnum = link_find(network->guest, interface->name, &link);

    if (!errnum && interface->outbound_checksums &&
        !compute_checksums(network->guest, interface->name, error))
        return false;
    if (!errnum && !interface->down)
        errnum = link_set_up(network->guest, link.index, true);
    if (errnum)
        return netlink_fail(network->guest, errnum, error, "cannot start it in the container");
    /* what is down has no routes */
    return address_apply(network->guest, link.index, interface->addresses,
                         interface->down ? &none : interface->routes, error);
}

/* Rules of the port, by whoever keeps the bridge. */
static bool
configure_port(const Network *network, const ContainerInterface *interface, int index,
               GError **error)
{
    return interface->switch_kind ? switch_enter(interface, error)
                                  : port_configure(network->host, index, interface, error);
}

/* A link that was just made has no rates. */
static bool
limit(const Network *network, const ContainerInterface *interface, int index, GError **error)
{
    return (!interface->inbound && !interface->outbound) ||
           shape_apply(network->host, index, interface, error);
}

static bool
configure_outside(const Network *network, const ContainerInterface *interface, int *ret_index,
                  GError **error)
{
    Link link;

    if (!find_outside(network, interface, &link, error) ||
        !configure_port(network, interface, link.index, error) ||
        !address_apply(network->host, link.index, interface->host_addresses, interface->host_routes,
                       error) ||
        !limit(network, interface, link.index, error) ||
        (interface->inbound_checksums &&
         !compute_checksums(network->host, interface->host_name, error)))
        return false;
    *ret_index = link.index;
    return true;
}

bool
interface_attach(const Network *network, ContainerInterface *interface, int *ret_index,
                 GError **error)
{
    const Kind *kind = find_kind(interface, error);
    int index = 0;

    if (!kind || !kind->create(network, interface, error)) {
        g_prefix_error(error, "interface '%s': ", interface->name);
        return false;
    }
    if (!configure_inside(network, interface, error) ||
        (kind->has_host_end && !configure_outside(network, interface, &index, error))) {
        g_prefix_error(error, "interface '%s': ", interface->name);
        kind->delete (network, interface, NULL);
        return false;
    }
    *ret_index = index;
    return true;
}

/* Another bridge, or other rules on the same one: a port that comes anew has none of the old. */
static bool
change_port(const Network *network, const ContainerInterface *interface, const Link *link,
            GError **error)
{
    int master = 0;
    int errnum = 0;

    if (!find_master(network, interface, &master, error))
        return false;
    if (link->master)
        errnum = link_set_master(network->host, link->index, 0);
    if (!errnum && master)
        errnum = link_set_master(network->host, link->index, master);
    if (errnum)
        return netlink_fail(network->host, errnum, error, "cannot attach '%s' to bridge '%s'",
                            interface->host_name, interface->bridge ? interface->bridge : "");
    return configure_port(network, interface, link->index, error);
}

static bool
change_outside(const Network *network, const ContainerInterface *interface, bool port,
               GError **error)
{
    Link link;

    if (!find_outside(network, interface, &link, error) ||
        (port && !change_port(network, interface, &link, error)) ||
        !shape_apply(network->host, link.index, interface, error))
        return false;
    return set_outside_up(network, interface, &link, error);
}

static bool
change_inside(const Network *network, const ContainerInterface *interface, GError **error)
{
    Link link;
    int errnum = link_find(network->guest, interface->name, &link);

    /* a guest may have given it another name: the host's end does what is to be done */
    if (errnum == ENODEV)
        return true;
    if (!errnum && interface->down)
        errnum = link_set_up(network->guest, link.index, false);
    if (errnum)
        return netlink_fail(network->guest, errnum, error, "cannot change it in the container");
    return interface->down || configure_inside(network, interface, error);
}

bool
interface_change(const Network *network, const ContainerInterface *interface, bool port,
                 GError **error)
{
    const Kind *kind = find_kind(interface, error);

    if (kind && (!kind->has_host_end || change_outside(network, interface, port, error)) &&
        change_inside(network, interface, error))
        return true;
    g_prefix_error(error, "interface '%s': ", interface->name);
    return false;
}

bool
interface_detach(const Network *network, const ContainerInterface *interface, GError **error)
{
    const Kind *kind = find_kind(interface, error);

    return kind && kind->delete (network, interface, error);
}
