/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ports of networks and bindings of filters. */
#include "driver/network.h"

#include <libvirt/virterror.h>

#include "controller/wire/failure.h"
#include "driver/abi/identity.h"
#include "driver/abi/log.h"
#include "xml/network-port.h"

#define NETWORK_URI "network:///system"
#define FILTER_URI  "nwfilter:///system"

/* What is done as the daemon: one of the functions below, on one interface. */
typedef struct {
    bool (*work)(virConnectPtr conn, const Definition *owner, void *object, GError **error);
    const char *uri;
    const Definition *owner;
    void *object;
    GError **error;
    bool done;
} Errand;

/* The words of the other driver, as they are. */
static bool
fail_libvirt(GError **error, const char *what, const char *name)
{
    fail(error, FAILURE_OPERATION_FAILED, "%s '%s': %s", what, name, virGetLastErrorMessage());
    virResetLastError();
    return false;
}

static void
run(void *opaque)
{
    Errand *errand = opaque;
    virConnectPtr conn = virConnectOpen(errand->uri);

    if (!conn) {
        fail_libvirt(errand->error, "cannot open", errand->uri);
        return;
    }
    errand->done = errand->work(conn, errand->owner, errand->object, errand->error);
    virConnectClose(conn);
    virResetLastError();
}

static bool
run_errand(Errand *errand)
{
    identity_run_as_system(run, errand);
    return errand->done;
}

static void
log_errand(Errand *errand, const char *name)
{
    GError *error = NULL;

    errand->error = &error;
    if (run_errand(errand))
        return;
    log_warning("domain '%s': %s", name, error->message);
    g_error_free(error);
}

/* A UUID (of version 8: ours to fill) from the first half of another one and from what follows from
 * that half and the owner. */
static char *
seal_port_id(const char *id, const char *owner)
{
    g_autofree char *half = g_strdup_printf("%.14s8%.3s", id, id + 15);
    g_autofree char *text = g_strdup_printf("caisson port %s of %s", half, owner);
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);

    return g_strdup_printf("%s-8%.3s-%.12s", half, digest, digest + 3);
}

static char *
new_port_id(const char *owner)
{
    g_autofree char *random = g_uuid_string_random();

    return seal_port_id(random, owner);
}

/* Whether this driver has asked for the port: its domain may be one that nobody knows any more. */
static bool
is_own_port_id(const char *id, const char *owner)
{
    g_autofree char *sealed = seal_port_id(id, owner);

    return g_str_equal(id, sealed);
}

static bool
check_filter(const Interface *interface, GError **error)
{
    return !interface->filter.filter || interface->type != INTERFACE_DIRECT ||
           fail(error, FAILURE_CONFIG_UNSUPPORTED,
                "network '%s' puts the interface on top of a device, but filters work on bridges: "
                "remove <filterref>, or use another network",
                interface->network);
}

static bool
create_port(virConnectPtr conn, const Definition *owner, void *object, GError **error)
{
    Interface *interface = object;
    virNetworkPtr network = virNetworkLookupByName(conn, interface->network);
    virNetworkPortPtr port = NULL;
    g_autofree char *request = NULL;
    char *answer = NULL;
    bool created;

    if (!network)
        return fail_libvirt(error, "network", interface->network);
    g_free(interface->port_id);
    interface->port_id = new_port_id(owner->uuid);
    request = network_port_format(owner, interface);
    if (virNetworkIsActive(network) == 0)
        fail(error, FAILURE_OPERATION_INVALID,
             "network '%s' is not active; start it, or have it started by virsh net-autostart",
             interface->network);
    else if (!(port = virNetworkPortCreateXML(network, request, 0)) ||
             !(answer = virNetworkPortGetXMLDesc(port, 0)))
        fail_libvirt(error, "network", interface->network);
    created =
        answer && network_port_apply(interface, answer, error) && check_filter(interface, error);
    if (!created && port)
        virNetworkPortDelete(port, 0);
    if (!created)
        network_port_forget(interface);
    if (port)
        virNetworkPortFree(port);
    virNetworkFree(network);
    free(answer);
    return created;
}

static bool
delete_port(virConnectPtr conn, const Definition *owner, void *object, GError **error)
{
    const Interface *interface = object;
    virNetworkPtr network = virNetworkLookupByName(conn, interface->network);
    virNetworkPortPtr port;
    unsigned char uuid[VIR_UUID_BUFLEN];
    bool deleted;

    if (!network)
        return virGetLastErrorCode() == VIR_ERR_NO_NETWORK ||
               fail_libvirt(error, "network", interface->network);
    uuid_from_text(interface->port_id, uuid);
    port = virNetworkPortLookupByUUID(network, uuid);
    deleted = port ? virNetworkPortDelete(port, 0) == 0
                   : virGetLastErrorCode() == VIR_ERR_NO_NETWORK_PORT ||
                         virGetLastErrorCode() == VIR_ERR_OPERATION_INVALID;
    if (!deleted)
        fail_libvirt(error, "the port of network", interface->network);
    if (port)
        virNetworkPortFree(port);
    virNetworkFree(network);
    return deleted;
}

static bool
bind_filter(virConnectPtr conn, const Definition *owner, void *object, GError **error)
{
    const Interface *interface = object;
    g_autofree char *request = filter_binding_format(owner, interface);
    virNWFilterBindingPtr binding = virNWFilterBindingCreateXML(conn, request, 0);

    if (!binding)
        return fail_libvirt(error, "filter", interface->filter.filter);
    virNWFilterBindingFree(binding);
    return true;
}

static bool
unbind_filter(virConnectPtr conn, const Definition *owner, void *object, GError **error)
{
    const Interface *interface = object;
    virNWFilterBindingPtr binding = virNWFilterBindingLookupByPortDev(conn, interface->target);
    bool deleted;

    if (!binding)
        return virGetLastErrorCode() == VIR_ERR_NO_NWFILTER_BINDING ||
               fail_libvirt(error, "filter", interface->filter.filter);
    deleted = virNWFilterBindingDelete(binding) == 0 ||
              fail_libvirt(error, "filter", interface->filter.filter);
    virNWFilterBindingFree(binding);
    return deleted;
}

bool
network_port_create(const Definition *owner, Interface *interface, GError **error)
{
    Errand errand = { create_port, NETWORK_URI, owner, interface, error, false };

    return run_errand(&errand);
}

void
network_port_delete(const Definition *owner, const Interface *interface)
{
    Errand errand = { delete_port, NETWORK_URI, owner, (void *)interface, NULL, false };

    if (interface->network && interface->port_id)
        log_errand(&errand, owner->name);
}

bool
network_filter_bind(const Definition *owner, const Interface *interface, GError **error)
{
    Errand errand = { bind_filter, FILTER_URI, owner, (void *)interface, error, false };

    return !interface->filter.filter || run_errand(&errand);
}

void
network_filter_unbind(const Definition *owner, const Interface *interface)
{
    Errand errand = { unbind_filter, FILTER_URI, owner, (void *)interface, NULL, false };

    if (interface->filter.filter && interface->target)
        log_errand(&errand, owner->name);
}

/* @id: of a port; NULL: of what cannot have been made before its domain was on record. */
static bool
is_of_left(char *document, const char *id, NetworkIsLeft *is_left)
{
    g_autofree char *owner = document ? network_port_owner(document) : NULL;

    free(document);
    return owner && is_left(owner, id && is_own_port_id(id, owner));
}

static void
give_back_ports(virNetworkPtr network, NetworkIsLeft *is_left)
{
    virNetworkPortPtr *ports = NULL;
    char id[VIR_UUID_STRING_BUFLEN];
    int count = virNetworkListAllPorts(network, &ports, 0);
    int i;

    for (i = 0; i < count; i++) {
        if (virNetworkPortGetUUIDString(ports[i], id) == 0 &&
            is_of_left(virNetworkPortGetXMLDesc(ports[i], 0), id, is_left))
            virNetworkPortDelete(ports[i], 0);
        virNetworkPortFree(ports[i]);
    }
    free(ports);
}

static bool
give_back_networks(virConnectPtr conn, const Definition *owner, void *object, GError **error)
{
    virNetworkPtr *networks = NULL;
    int count = virConnectListAllNetworks(conn, &networks, VIR_CONNECT_LIST_NETWORKS_ACTIVE);
    int i;

    for (i = 0; i < count; i++) {
        give_back_ports(networks[i], object);
        virNetworkFree(networks[i]);
    }
    free(networks);
    return true;
}

static bool
give_back_bindings(virConnectPtr conn, const Definition *owner, void *object, GError **error)
{
    virNWFilterBindingPtr *bindings = NULL;
    int count = virConnectListAllNWFilterBindings(conn, &bindings, 0);
    int i;

    for (i = 0; i < count; i++) {
        if (is_of_left(virNWFilterBindingGetXMLDesc(bindings[i], 0), NULL, object))
            virNWFilterBindingDelete(bindings[i]);
        virNWFilterBindingFree(bindings[i]);
    }
    free(bindings);
    return true;
}

void
network_give_back(NetworkIsLeft *is_left)
{
    g_autoptr(GError) error = NULL;
    Errand ports = { give_back_networks, NETWORK_URI, NULL, (void *)is_left, &error, false };
    Errand bindings = { give_back_bindings, FILTER_URI, NULL, (void *)is_left, NULL, false };

    /* a daemon without these drivers has nothing of theirs */
    run_errand(&ports);
    run_errand(&bindings);
}

typedef struct {
    const Interface *interface;
    virNetworkDHCPLeasePtr *leases;
    int count;
} Leases;

static bool
find_leases(virConnectPtr conn, const Definition *owner, void *object, GError **error)
{
    Leases *found = object;
    virNetworkPtr network = virNetworkLookupByName(conn, found->interface->network);

    if (!network)
        return fail_libvirt(error, "network", found->interface->network);
    found->count = virNetworkGetDHCPLeases(network, found->interface->mac, &found->leases, 0);
    if (found->count < 0)
        fail_libvirt(error, "network", found->interface->network);
    virNetworkFree(network);
    return found->count >= 0;
}

int
network_leases(const Interface *interface, virNetworkDHCPLeasePtr **ret_leases, GError **error)
{
    Leases found = { interface, NULL, -1 };
    Errand errand = { find_leases, NETWORK_URI, NULL, &found, error, false };

    if (!run_errand(&errand))
        return -1;
    *ret_leases = found.leases;
    return found.count;
}
