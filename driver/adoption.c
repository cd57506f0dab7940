/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* At daemon start: definitions are loaded, running guests found again, autostart is run. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "controller/wire/failure.h"
#include "driver/abi/log.h"
#include "driver/controller.h"
#include "driver/domains.h"
#include "driver/ending.h"
#include "driver/events.h"
#include "driver/hooks.h"
#include "driver/interfaces.h"
#include "driver/lifecycle.h"
#include "driver/perf.h"
#include "driver/report.h"
#include "driver/spawn.h"
#include "driver/store.h"
#include "driver/watch.h"

/* Domains whose guest ended while no daemon was there: processed once the definitions are known. */
static GPtrArray *adoption_ended;

static void
adoption_set_guest(Domain *domain, StoredStatus *status)
{
    Guest *guest = g_new0(Guest, 1);
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    guest->pid = status->pid;
    guest->pidfd = -1;
    guest->init_pid = status->init_pid;
    guest->cgroup = g_steal_pointer(&status->cgroup);
    guest->nodes = g_steal_pointer(&status->nodes);
    guest->foreign = guest->cgroup == NULL;
    domain->guest = guest;
    domain->live = g_steal_pointer(&status->definition);
    domain->live->id = status->pid;
    domain->state = status->state;
    domain->reason = status->reason;
}

/* What the keeper says counts: a guest that was suspended stays suspended. */
static bool
adoption_ask_keeper(Domain *domain, GError **error)
{
    g_autoptr(Message) call = message_new_call("GetStatus");
    g_autoptr(Message) status = controller_call(domain, call, NULL, error);
    bool paused;

    if (!status)
        return false;
    paused = g_strcmp0(status->parameters->state, "paused") == 0;
    g_mutex_lock(&domain->lock);
    domain->guest->init_pid = (pid_t)status->parameters->init_pid;
    domain->guest->started = g_get_monotonic_time();
    if (paused != (domain->state == VIR_DOMAIN_PAUSED)) {
        domain->state = paused ? VIR_DOMAIN_PAUSED : VIR_DOMAIN_RUNNING;
        domain->reason = paused ? VIR_DOMAIN_PAUSED_UNKNOWN : VIR_DOMAIN_RUNNING_UNKNOWN;
    }
    g_mutex_unlock(&domain->lock);
    return true;
}

/* True when the guest is there and watched, false when it has ended. */
static bool
adoption_connect(Domain *domain)
{
    g_autoptr(GError) error = NULL;
    g_auto(Fd) socket = -1;

    /* the event connection first: an end between the two is then seen by the watch */
    if ((socket = controller_connect(domain->name, &error)) < 0 ||
        !adoption_ask_keeper(domain, &error)) {
        log_info("domain '%s' is not running any more: %s", domain->name, error->message);
        return false;
    }
    domain->guest->pidfd = spawn_pidfd(domain->guest->pid);
    /* the daemon's own counters went with it: they begin anew */
    if (!perf_begin(domain, &error))
        report_log(domain->name, error);
    watch_guest(domain, domain->guest->pid, fd_steal(&socket), -1);
    return true;
}

/* A controller of the stock driver that is still the one in the status file, by its arguments. */
static bool
adoption_is_stock_controller(pid_t pid, const char *name)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/cmdline", (int)pid);
    g_autofree char *text = NULL;
    gsize length;
    gsize at;
    bool named = false;

    if (!g_file_get_contents(path, &text, &length, NULL) || !g_str_has_suffix(text, "libvirt_lxc"))
        return false;
    for (at = strlen(text) + 1; at < length && !named; at += strlen(text + at) + 1) {
        const char *next = text + at + strlen(text + at) + 1;

        named = g_str_equal(text + at, "--name") && next < text + length && g_str_equal(next, name);
    }
    return named;
}

/* The group of a stock guest, from the controller's own membership in the memory or v2 hierarchy.
 */
static char *
adoption_stock_group(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/cgroup", (int)pid);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    guint i;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return NULL;
    lines = g_strsplit(text, "\n", 0);
    for (i = 0; lines[i]; i++) {
        const char *controllers = strchr(lines[i], ':');
        const char *group = controllers ? strchr(controllers + 1, ':') : NULL;

        /* only a group that can be nobody else's: killing in "/" would be the end of the host */
        if (group && (strstr(group, ".libvirt-lxc") || strstr(group, "machine-lxc\\x2d")))
            return g_strdup(group + 1);
    }
    return NULL;
}

static bool
adoption_watch_stock(Domain *domain)
{
    pid_t pid = domain->guest->pid;
    int pidfd = spawn_pidfd(pid);

    /* the pidfd first: what is checked after it cannot be another process with the same pid */
    if (pidfd < 0 || !adoption_is_stock_controller(pid, domain->name)) {
        if (pidfd >= 0)
            close(pidfd);
        return false;
    }
    domain->guest->pidfd = fcntl(pidfd, F_DUPFD_CLOEXEC, 0);
    domain->guest->cgroup = adoption_stock_group(pid);
    domain->guest->started = g_get_monotonic_time();
    log_warning("domain '%s' was started by another driver: it is watched and can be destroyed, "
                "everything else needs a restart of it",
                domain->name);
    watch_guest(domain, pid, -1, pidfd);
    return true;
}

static void
adoption_found_status(StoredStatus *status)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain =
        domains_claim(status->definition->name, status->definition->uuid, &error);

    if (!domain) {
        report_log("status file", error);
        return;
    }
    adoption_set_guest(domain, status);
    domains_count_active(1);
    if (!(domain->guest->foreign ? adoption_watch_stock(domain) : adoption_connect(domain)))
        g_ptr_array_add(adoption_ended, domain_ref(domain));
}

static void
adoption_add_config(Definition *definition, bool autostart, bool announce)
{
    g_autoptr(Definition) owned = definition;
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain = NULL;

    if (!(domain = domains_claim(definition->name, definition->uuid, &error))) {
        report_log("definition", error);
        return;
    }
    g_mutex_lock(&domain->lock);
    if (domain->config) {
        g_mutex_unlock(&domain->lock);
        return;
    }
    domain->config = g_steal_pointer(&owned);
    domain->autostart = autostart;
    g_mutex_unlock(&domain->lock);
    if (announce)
        event_lifecycle(domain, domain_id(domain), VIR_DOMAIN_EVENT_DEFINED,
                        VIR_DOMAIN_EVENT_DEFINED_ADDED);
}

static void
adoption_found_config(Definition *definition, bool autostart)
{
    adoption_add_config(definition, autostart, false);
}

static void
adoption_found_new_config(Definition *definition, bool autostart)
{
    adoption_add_config(definition, autostart, true);
}

static void
adoption_run_hooks(void)
{
    g_autoptr(GPtrArray) all = domains_all();
    guint i;

    for (i = 0; i < all->len; i++) {
        Domain *domain = all->pdata[i];
        g_autoptr(GError) error = NULL;

        if (!domain->guest || domain->guest->foreign ||
            !domain_take_busy(domain, "reconnect", NULL))
            continue;
        if (domain->guest && !hooks_run(domain, HOOK_RECONNECT, NULL, &error)) {
            report_log(domain->name, error);
            spawn_kill(domain->guest->pidfd);
        }
        domain_give_busy(domain);
    }
}

bool
adoption_run(GError **error)
{
    guint i;

    domains_init();
    if (!ending_init(error) || !watch_init(error))
        return false;
    adoption_ended = g_ptr_array_new_with_free_func((GDestroyNotify)domain_unref);
    store_load_statuses(adoption_found_status);
    store_load_configs(adoption_found_config);
    for (i = 0; i < adoption_ended->len; i++) {
        Domain *domain = adoption_ended->pdata[i];

        ending_guest_ended(domain, domain->guest->pid, NULL);
    }
    g_clear_pointer(&adoption_ended, g_ptr_array_unref);
    interfaces_give_back();
    adoption_run_hooks();
    return true;
}

void
adoption_reload(void)
{
    store_load_configs(adoption_found_new_config);
}
