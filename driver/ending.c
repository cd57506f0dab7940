/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ending guests: destroy, and what follows when a guest has ended. */
#include "driver/ending.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "controller/wire/failure.h"
#include "driver/abi/log.h"
#include "driver/audit.h"
#include "driver/controller.h"
#include "driver/domains.h"
#include "driver/events.h"
#include "driver/hooks.h"
#include "driver/host.h"
#include "driver/interfaces.h"
#include "driver/placement.h"
#include "driver/report.h"
#include "driver/spawn.h"
#include "driver/store.h"

#define DESTROY_SECONDS       30
#define KEEPER_LEAVES_SECONDS 5
#define CGROUP_SECONDS        10
#define IMAGES_SECONDS        30
#define ENDING_THREADS        16
#define EXIT_RECORD_MAX       65536
#define RESTARTS_MAX          5
#define RESTART_QUICK_SECONDS 2

typedef struct {
    Domain *domain;
    pid_t pid;
    EndingRecord *record;
} EndingJob;

/* What follows an end: the lifecycle action of the domain, and what clients are told. */
typedef struct {
    int reason; /* virDomainShutoffReason */
    int detail; /* of the STOPPED event */
    const char *word;
    LifecycleAction action;
    bool reboot;
} Ending;

static GThreadPool *ending_pool;

static gint64
seconds_from_now(int seconds)
{
    return g_get_monotonic_time() + seconds * G_TIME_SPAN_SECOND;
}

static EndingRecord *
record_from_parameters(const MessageParameters *ended)
{
    EndingRecord *record = g_new0(EndingRecord, 1);

    record->reason = g_strdup(ended->reason);
    record->exit_code = ended->exit_code;
    record->out_of_memory = ended->out_of_memory;
    record->signal = ended->signal;
    return record;
}

void
ending_record_free(EndingRecord *record)
{
    if (!record)
        return;
    g_free(record->reason);
    g_free(record);
}

EndingRecord *
ending_record_read(const char *name)
{
    g_autofree char *path = g_strdup_printf("%s/%s.exit", store_state_directory(), name);
    MessageParameters *ended = NULL;
    EndingRecord *record;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    gsize length;

    if (!g_file_get_contents(path, &text, &length, &error)) {
        if (!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            report_log("exit record", error);
        return NULL;
    }
    if (length > EXIT_RECORD_MAX ||
        !(ended = json_read(&message_parameters_type, text, length, &error))) {
        log_warning("ignoring the damaged exit record '%s': %s", path,
                    error ? error->message : "too large");
        return NULL;
    }
    record = record_from_parameters(ended);
    json_free(&message_parameters_type, ended);
    return record;
}

/* Maps how init ended onto libvirt's words. */
static Ending
ending_classify(const Domain *domain, const EndingRecord *record)
{
    const Guest *guest = domain->guest;
    const Definition *live = domain->live;

    if (guest->destroyed)
        return (Ending){ VIR_DOMAIN_SHUTOFF_DESTROYED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED,
                         "destroyed", LIFECYCLE_DESTROY, false };
    if (guest->reset && !guest->failed)
        return (Ending){ VIR_DOMAIN_SHUTOFF_DESTROYED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED,
                         "destroyed", LIFECYCLE_RESTART, true };
    if (!record || !record->reason || guest->failed)
        return (Ending){ VIR_DOMAIN_SHUTOFF_FAILED, VIR_DOMAIN_EVENT_STOPPED_FAILED, "failed",
                         LIFECYCLE_DESTROY, false };
    if (g_str_equal(record->reason, MESSAGE_REASON_DESTROYED))
        return (Ending){ VIR_DOMAIN_SHUTOFF_DESTROYED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED,
                         "destroyed", LIFECYCLE_DESTROY, false };
    if (g_str_equal(record->reason, MESSAGE_REASON_REBOOT) || guest->rebooting)
        return (Ending){ VIR_DOMAIN_SHUTOFF_SHUTDOWN, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN, "shutdown",
                         live->on_reboot, true };
    if (g_str_equal(record->reason, MESSAGE_REASON_CRASHED))
        return (Ending){ VIR_DOMAIN_SHUTOFF_CRASHED, VIR_DOMAIN_EVENT_STOPPED_CRASHED, "crashed",
                         live->on_crash, false };
    return (Ending){ VIR_DOMAIN_SHUTOFF_SHUTDOWN, VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN, "shutdown",
                     live->on_poweroff, false };
}

static bool
has_images(const Definition *definition)
{
    guint i;

    for (i = 0; i < definition->filesystems->len; i++) {
        FilesystemType type = ((const Filesystem *)definition->filesystems->pdata[i])->type;

        if (type == FILESYSTEM_FILE || type == FILESYSTEM_VOLUME)
            return true;
    }
    for (i = 0; i < definition->disks->len; i++) {
        if (((const Disk *)definition->disks->pdata[i])->type == DISK_FILE)
            return true;
    }
    return false;
}

/* Who reads an image writes what the guest has left with it, and ends when the guest's devices are
 * closed; killing it would lose that. Afterwards the image is whole, and free. */
static void
ending_await_images(const Domain *domain)
{
    const char *group = domain->guest->cgroup;
    g_autofree char *limits = g_strconcat(group, "/" CGROUP_LIMITS, NULL);
    g_autofree char *supervisor = g_strconcat(group, "/" CGROUP_SUPERVISOR, NULL);

    if (!has_images(domain->live) ||
        !cgroup_kill(host_cgroups(), limits, seconds_from_now(CGROUP_SECONDS), NULL))
        return;
    if (!cgroup_await_empty(host_cgroups(), supervisor, seconds_from_now(IMAGES_SECONDS)))
        log_warning("domain '%s': an image is still being written after %d s: what is missing is "
                    "lost",
                    domain->name, IMAGES_SECONDS);
}

/* The processes of the guest and of its controller: gone when this returns true. */
static bool
ending_kill_all(Domain *domain, GError **error)
{
    Guest *guest = domain->guest;

    /* while the keeper is still leaving */
    if (guest->cgroup)
        cgroup_remove_empty(host_cgroups(), guest->cgroup);

    if (guest->pidfd >= 0 && !spawn_wait(guest->pidfd, seconds_from_now(KEEPER_LEAVES_SECONDS))) {
        log_warning("the controller %d of domain '%s' does not leave: killing it", (int)guest->pid,
                    domain->name);
        spawn_kill(guest->pidfd);
        spawn_wait(guest->pidfd, seconds_from_now(KEEPER_LEAVES_SECONDS));
    }
    if (guest->cgroup)
        ending_await_images(domain);
    if (guest->cgroup &&
        !cgroup_kill(host_cgroups(), guest->cgroup, seconds_from_now(CGROUP_SECONDS), error))
        return false;
    spawn_reap(guest->pidfd);
    return true;
}

static void
ending_run_hook(Domain *domain, HookOperation operation, const char *extra)
{
    g_autoptr(GError) error = NULL;

    if (!hooks_run(domain, operation, extra, &error))
        report_log("hook", error);
}

/* Takes the guest out of the domain; what is waiting in ending_destroy() goes on. The live
 * definition stays for the release hook and for a restart. */
static void
ending_forget_guest(Domain *domain, const Ending *ending)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    domain->live->id = -1;
    g_clear_pointer(&domain->guest, guest_free);
    domain->state = VIR_DOMAIN_SHUTOFF;
    domain->reason = ending->reason;
    domain->updated = false;
    g_cond_broadcast(&domain->changed);
}

/* A transient domain keeps its definition for whoever still looks at it. */
static void
ending_forget_live(Domain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    if (domain->config)
        g_clear_pointer(&domain->live, definition_free);
}

/* The work common to all ends; false when processes are left. */
static bool
ending_finish(Domain *domain, const Ending *ending, bool quiet)
{
    g_autoptr(GError) error = NULL;
    int id = domain_id(domain);

    if (!ending_kill_all(domain, &error)) {
        report_log(domain->name, error);
        return false;
    }
    /* a start that failed has said so itself */
    if (domain->guest->started)
        audit_stop(domain, ending->word);
    ending_run_hook(domain, HOOK_STOPPED, NULL);
    if (domain->guest->cgroup)
        placement_release(domain->guest->pid, domain->name, domain->guest->cgroup);
    if (domain->guest->cgroup && !cgroup_remove(host_cgroups(), domain->guest->cgroup,
                                                seconds_from_now(CGROUP_SECONDS), &error))
        report_log(domain->name, error);
    interfaces_release(domain);
    store_remove_status(domain->name, domain->guest->pid);
    ending_forget_guest(domain, ending);
    domains_count_active(-1);
    if (ending->reboot)
        event_reboot(domain, id);
    else if (!quiet)
        event_lifecycle(domain, id, VIR_DOMAIN_EVENT_STOPPED, ending->detail);
    ending_run_hook(domain, HOOK_RELEASE, ending->word);
    return true;
}

void
ending_clean_up(Domain *domain, const EndingRecord *record, bool quiet)
{
    Ending ending = ending_classify(domain, record);

    if (ending_finish(domain, &ending, quiet))
        ending_forget_live(domain);
}

/* An init that ends at once must not keep the host busy for ever. */
static bool
ending_may_restart(Domain *domain, gint64 started)
{
    bool quick = g_get_monotonic_time() - started < RESTART_QUICK_SECONDS * G_TIME_SPAN_SECOND;

    domain->restarts = quick ? domain->restarts + 1 : 0;
    if (domain->restarts <= RESTARTS_MAX)
        return true;
    log_error("domain '%s' ended %d times within %d s of its start: not restarting it",
              domain->name, domain->restarts, RESTART_QUICK_SECONDS);
    domain->restarts = 0;
    return false;
}

static bool
ending_wants_restart(const Ending *ending)
{
    switch (ending->action) {
    case LIFECYCLE_RESTART:
    case LIFECYCLE_RENAME_RESTART:
    case LIFECYCLE_COREDUMP_RESTART:
        return true;
    case LIFECYCLE_DESTROY:
    case LIFECYCLE_PRESERVE:
    case LIFECYCLE_COREDUMP_DESTROY:
        break;
    }
    return false;
}

static void
ending_restart(Domain *domain, virConnectPtr owner)
{
    StartOptions options = { .owner = owner };
    g_autoptr(GError) error = NULL;

    if (launch_start(domain, definition_copy(domain->live), &options, &error))
        return;
    report_log(domain->name, error);
    event_lifecycle(domain, -1, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FAILED);
}

static void
ending_log(const Domain *domain, const EndingRecord *record)
{
    if (!record || !record->reason)
        log_warning("domain '%s': its controller was lost", domain->name);
    else if (record->out_of_memory)
        log_warning("domain '%s' ended (%s): init was killed because the guest was out of memory; "
                    "give it more (<memory>, or <hard_limit> of <memtune>)",
                    domain->name, record->reason);
    else if (record->signal > 0)
        log_info("domain '%s' ended (%s): init was killed by signal %d", domain->name,
                 record->reason, (int)record->signal);
    else
        log_info("domain '%s' ended (%s): init exited with status %d", domain->name, record->reason,
                 (int)record->exit_code);
}

/* Busy is held. */
static void
ending_process(Domain *domain, const EndingRecord *record)
{
    Ending ending = ending_classify(domain, record);
    virConnectPtr owner = domain->guest->owner;
    gint64 started = domain->guest->started;

    ending_log(domain, record);
    if ((!record || !record->reason) && !domain->guest->foreign && !domain->guest->destroyed)
        event_control_error(domain, domain_id(domain));
    /* a domain that restarts is told apart by the event: REBOOT instead of STOPPED */
    ending.reboot = ending.reboot && ending_wants_restart(&ending);
    if (!ending_finish(domain, &ending, false))
        return;
    if (ending_wants_restart(&ending) && ending_may_restart(domain, started))
        ending_restart(domain, owner);
    if (!domain->guest)
        ending_forget_live(domain);
    domains_drop_if_gone(domain);
}

static void
ending_job(gpointer data, gpointer opaque)
{
    EndingJob *job = data;

    while (!domain_take_busy(job->domain, "finish", NULL)) {
        if (job->domain->removed)
            break;
    }
    if (!job->domain->removed) {
        if (job->domain->guest && job->domain->guest->pid == job->pid) {
            if (!job->record)
                job->record = ending_record_read(job->domain->name);
            ending_process(job->domain, job->record);
        }
        domain_give_busy(job->domain);
    }
    ending_record_free(job->record);
    domain_unref(job->domain);
    g_free(job);
}

void
ending_guest_ended(Domain *domain, pid_t pid, const MessageParameters *ended)
{
    EndingJob *job = g_new0(EndingJob, 1);

    job->domain = domain_ref(domain);
    job->pid = pid;
    job->record = ended ? record_from_parameters(ended) : NULL;
    g_thread_pool_push(ending_pool, job, NULL);
}

bool
ending_init(GError **error)
{
    if (!ending_pool)
        ending_pool = g_thread_pool_new(ending_job, NULL, ENDING_THREADS, FALSE, error);
    return ending_pool != NULL;
}

/* Marks the guest as wanted dead, or to be reset, and sends the kill; gives the pid to wait for. */
static bool
ending_kill(Domain *domain, bool reset, pid_t *ret_pid, GError **error)
{
    g_autoptr(GError) refused = NULL;
    g_auto(Fd) pidfd = -1;
    bool has_keeper;

    g_mutex_lock(&domain->lock);
    if (!domain_expect(domain, reset ? DOMAIN_OURS : DOMAIN_ACTIVE, error)) {
        g_mutex_unlock(&domain->lock);
        return false;
    }
    domain->guest->destroyed |= !reset;
    domain->guest->reset |= reset;
    if (reset)
        domain->restarts = 0; /* no restart that an init asks for */
    *ret_pid = domain->guest->pid;
    /* a guest that has not started yet has no keeper to answer; its launcher dies with all it made
     */
    has_keeper = !domain->guest->foreign && domain->guest->started;
    if (domain->guest->pidfd >= 0)
        pidfd = fcntl(domain->guest->pidfd, F_DUPFD_CLOEXEC, 0);
    g_mutex_unlock(&domain->lock);

    if (has_keeper && controller_request(domain, "Kill", &refused))
        return true;
    if (pidfd < 0 || spawn_wait(pidfd, 0)) {
        /* gone already, but processes of it were left: try the rest again */
        ending_guest_ended(domain, *ret_pid, NULL);
        return true;
    }
    if (refused)
        report_log(domain->name, refused);
    spawn_kill(pidfd);
    return true;
}

/* Kills the guest and waits until it is gone and what follows its end is done: a transient domain
 * that was destroyed is gone, one that was reset runs again. */
static bool
ending_kill_and_wait(Domain *domain, bool reset, GError **error)
{
    gint64 deadline = seconds_from_now(DESTROY_SECONDS);
    pid_t pid = 0;

    if (!ending_kill(domain, reset, &pid, error))
        return false;
    g_mutex_lock(&domain->lock);
    while ((domain->guest && domain->guest->pid == pid) || (domain->busy && !domain->removed)) {
        if (!g_cond_wait_until(&domain->changed, &domain->lock, deadline))
            break;
    }
    if (domain->guest && domain->guest->pid == pid)
        fail(error, FAILURE_INTERNAL, "Some processes refused to die");
    else
        pid = 0;
    g_mutex_unlock(&domain->lock);
    return pid == 0;
}

bool
ending_destroy(Domain *domain, GError **error)
{
    return ending_kill_and_wait(domain, false, error);
}

bool
ending_reset(Domain *domain, GError **error)
{
    bool back;

    if (!ending_kill_and_wait(domain, true, error))
        return false;
    g_mutex_lock(&domain->lock);
    back = domain_is_active(domain);
    g_mutex_unlock(&domain->lock);
    return back || fail(error, FAILURE_OPERATION_FAILED,
                        "domain '%s' did not start again: the daemon's log says why", domain->name);
}

void
ending_connection_closed(virConnectPtr conn)
{
    g_autoptr(GPtrArray) all = domains_all();
    guint i;

    for (i = 0; i < all->len; i++) {
        Domain *domain = all->pdata[i];
        g_autoptr(GError) error = NULL;
        bool owned;

        g_mutex_lock(&domain->lock);
        owned = domain->guest && domain->guest->owner == conn;
        g_mutex_unlock(&domain->lock);
        if (owned && !ending_destroy(domain, &error))
            report_log(domain->name, error);
    }
}
