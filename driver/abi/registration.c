/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes our driver known to the daemon: what lxcRegister() has to do. */
#include "driver/abi/registration.h"

#include "driver/abi/error.h"
#include "driver/abi/symbols.h"

#include <stddef.h>

#define DRIVER_NAME "LXC"

/* libvirt's layouts of a connect driver and a state driver, the same in every release we know. */
typedef struct {
    bool local_only;
    bool remote_only;
    bool embeddable;
    const char *const *uri_schemes;
    void *hypervisor;
    void *others[6]; /* interface, network, node device, nwfilter, secret, storage */
} ConnectDriver;

typedef struct {
    const char *name;
    bool initialized; /* libvirt writes it */
    InitializeResult (*initialize)(bool privileged, const char *root, bool monolithic,
                                   InhibitCallback inhibit, void *opaque);
    int (*cleanup)(void);
    int (*reload)(void);
    int (*stop)(void);
    int (*shutdown_prepare)(void);
    int (*shutdown_wait)(void);
} StateDriver;

G_STATIC_ASSERT(offsetof(ConnectDriver, hypervisor) == 0x10);
G_STATIC_ASSERT(sizeof(ConnectDriver) == 0x48);
G_STATIC_ASSERT(offsetof(StateDriver, initialize) == 0x10);
G_STATIC_ASSERT(offsetof(StateDriver, shutdown_wait) == 0x38);

/* libvirt keeps these addresses; the module is never unloaded. */
static const char *const uri_schemes[] = { "lxc", NULL };
static ConnectDriver connect_driver = { .local_only = true, .uri_schemes = uri_schemes };
static StateDriver state_driver = { .name = DRIVER_NAME };

bool
registration_run(const StateCallbacks *callbacks, const ApiSlot *const *tables, GError **error)
{
    if (!symbols_load(error) ||
        !(connect_driver.hypervisor = slots_build(DRIVER_NAME, tables, error)))
        return false;
    state_driver.initialize = callbacks->initialize;
    state_driver.cleanup = callbacks->cleanup;
    state_driver.reload = callbacks->reload;
    state_driver.stop = callbacks->stop;
    state_driver.shutdown_prepare = callbacks->shutdown_prepare;

    /* "Shared": libvirt fills in the daemon's network, storage, … for connections to us. */
    if (private.virRegisterConnectDriver(&connect_driver, true) < 0)
        return abi_fail(error, FAILURE_INTERNAL, "cannot register the connection driver");
    if (private.virRegisterStateDriver(&state_driver) < 0)
        return abi_fail(error, FAILURE_INTERNAL, "cannot register the state driver");
    return true;
}
