/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of the driver in the daemon: up, reload, down. */
#include "driver/plugin.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <pthread.h>
#include <signal.h>

#include "config.h"
#include "controller/wire/failure.h"
#include "driver/abi/identity.h"
#include "driver/abi/log.h"
#include "driver/abi/verify.h"
#include "driver/autostart.h"
#include "driver/domains.h"
#include "driver/host.h"
#include "driver/lifecycle.h"
#include "driver/report.h"
#include "driver/standby.h"
#include "driver/store.h"

static struct {
    GMutex lock;
    bool active;
    char *reason; /* why it is not; NULL: not initialised yet */
    bool autostarted;
} plugin;

bool
plugin_expect_active(GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&plugin.lock);

    if (plugin.active)
        return true;
    return fail(error, FAILURE_INTERNAL, "the container driver is not active: %s",
                plugin.reason ? plugin.reason : "it has not been initialised in this daemon");
}

static void
set_active(bool active, const char *reason)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&plugin.lock);

    plugin.active = active;
    g_free(plugin.reason);
    plugin.reason = g_strdup(reason);
}

void
plugin_autostart(void)
{
    bool first;

    g_mutex_lock(&plugin.lock);
    first = !plugin.autostarted;
    plugin.autostarted = true;
    g_mutex_unlock(&plugin.lock);
    if (first)
        autostart_begin();
}

/* Opens and closes a connection to ourselves: that runs the canary, and connectOpen then calls
 * plugin_autostart(). */
static void
open_ourselves(void *opaque)
{
    virConnectPtr conn = virConnectOpen("lxc:///system");

    if (!conn) {
        log_warning("autostart waits for the first client: cannot open lxc:///system: %s",
                    virGetLastErrorMessage());
        return;
    }
    virConnectClose(conn);
}

static gpointer
opening_run(gpointer opaque)
{
    identity_run_as_system(open_ourselves, NULL);
    return NULL;
}

/* No client is let in before initialisation returns, and a start may take its time: own thread. The
 * daemon's signals must not be delivered to it. */
static void
opening_begin(void)
{
    sigset_t every;
    sigset_t before;

    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    g_thread_unref(g_thread_new("lxc-open", opening_run, NULL));
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static bool
bring_up(InhibitCallback inhibit, void *opaque, GError **error)
{
    if (!verify_definition(error) || !host_init(error) || !store_open(error))
        return false;
    domains_init();
    domains_set_inhibit(inhibit, opaque);
    if (!adoption_run(error)) {
        store_close();
        return false;
    }
    standby_init();
    return true;
}

/* Never INITIALIZE_ERROR: the daemon, with all its other drivers, would end itself. */
InitializeResult
plugin_initialize(bool privileged, const char *root, bool monolithic, InhibitCallback inhibit,
                  void *opaque)
{
    g_autoptr(GError) error = NULL;

    if (root) {
        set_active(false, "it cannot be embedded in another program");
        return INITIALIZE_SKIPPED;
    }
    if (!privileged) {
        set_active(false, "containers need a daemon that runs as root");
        return INITIALIZE_SKIPPED;
    }
    if (!bring_up(inhibit, opaque, &error)) {
        report_log("the container driver stays inactive", error);
        set_active(false, error->message);
        return INITIALIZE_COMPLETE;
    }
    log_info("container driver %s is active", CAISSON_VERSION);
    set_active(true, NULL);
    opening_begin();
    return INITIALIZE_COMPLETE;
}

int
plugin_reload(void)
{
    if (plugin_expect_active(NULL))
        adoption_reload();
    return 0;
}

/* Guests go on without the daemon: there is nothing to end but ourselves. */
int
plugin_cleanup(void)
{
    if (plugin_expect_active(NULL)) {
        set_active(false, "the daemon ends");
        standby_close();
        store_close();
    }
    return 0;
}
