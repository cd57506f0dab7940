/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting a guest, the daemon's side: definition, hooks, status file, launcher, handshake. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "config.h"
#include "controller/wire/failure.h"
#include "controller/wire/message.h"
#include "controller/wire/sealed.h"
#include "driver/abi/log.h"
#include "driver/audit.h"
#include "driver/disk-rates.h"
#include "driver/domains.h"
#include "driver/ending.h"
#include "driver/events.h"
#include "driver/fork-server.h"
#include "driver/hooks.h"
#include "driver/host.h"
#include "driver/interfaces.h"
#include "driver/lifecycle.h"
#include "driver/perf.h"
#include "driver/placement.h"
#include "driver/placing.h"
#include "driver/report.h"
#include "driver/sharing.h"
#include "driver/security-model.h"
#include "driver/spawn.h"
#include "driver/standby.h"
#include "driver/store.h"
#include "driver/template.h"
#include "driver/volume.h"
#include "driver/watch.h"
#include "xml/container.h"
#include "xml/definition-check.h"

#define PREPARE_SECONDS  60
#define CONTINUE_SECONDS 60

static int
launch_open_log(const Definition *definition, GError **error)
{
    const char *name = definition->name;
    g_autofree char *path = g_strdup_printf("%s/%s.log", store_log_directory(), name);
    g_autofree char *unused = definition_without_effect(definition);
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *stamp = g_date_time_format(now, "%Y-%m-%d %H:%M:%S");
    g_auto(Fd) fd = -1;

    if (g_mkdir_with_parents(store_log_directory(), 0700) < 0) {
        fail_errno(error, errno, "cannot create '%s'", store_log_directory());
        return -1;
    }
    fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        fail_errno(error, errno, "cannot open the log '%s'", path);
        return -1;
    }
    dprintf(fd, "%s.%03d+0000: starting up\n", stamp, g_date_time_get_microsecond(now) / 1000);
    if (unused)
        dprintf(fd, "kept without effect in a container: %s\n", unused);
    if (container_root_is_host(definition)) {
        dprintf(fd, "tainted: the root directory is the host's\n");
        log_warning("domain '%s' is tainted: its root directory is the host's", name);
    }
    return fd_steal(&fd);
}

/* The live definition as the guest will have it, and its container definition in a sealed memfd. */
static int
launch_seal_container(Definition *live, const StartOptions *options, GError **error)
{
    g_autoptr(GHashTable) volumes = volumes_new();
    ContainerContext context = {
        .state_directory = store_state_directory(),
        .arch = host_arch(),
        .rtc_major = host_rtc_major(),
        .placement = placement_name(),
        .seccomp = host_settings()->seccomp ? host_settings()->seccomp : "default",
        .passed_fds = options->n_fds,
        .paused = options->paused,
        .view = host_settings()->view,
        .vcpus_are_quota = host_settings()->vcpus_are_quota,
        .data_directory = DATADIR,
        .volumes = volumes,
    };
    g_autoptr(Definition) resolved = definition_copy(live);
    g_autoptr(Container) container = NULL;
    g_autofree char *text = NULL;
    guint i;

    for (i = 0; i < live->filesystems->len; i++) {
        if (!volume_resolve(live->filesystems->pdata[i], volumes, error))
            return -1;
    }
    if (!sharing_resolve(resolved, error) ||
        !(container = container_compute(resolved, &context, error)))
        return -1;
    text = container_to_json(container, false);
    return sealed_new("container", text, strlen(text), error);
}

static void
launch_log_command(int log, const char *const *argv)
{
    g_autofree char *command = g_strjoinv(" ", (char **)argv);

    if (log >= 0)
        dprintf(log, "%s\n", command);
}

/* One that stands by, or a new one; either waits for Launch. */
static bool
launch_spawn(Domain *domain, int log, pid_t *ret_pid, int *ret_socket, GError **error)
{
    const char *const argv[] = {
        domain->live->emulator,        "--name", domain->name, "--control-fd",
        G_STRINGIFY(SPAWN_CONTROL_FD), NULL
    };

    launch_log_command(log, argv);
    return standby_take(domain->live->emulator, domain->live->partition, ret_pid, ret_socket) ||
           fork_server_spawn(argv, log, ret_pid, ret_socket, error);
}

/* Makes the domain active and writes its status file, so that from here on a restarted daemon can
 * find and remove whatever this start leaves. */
static bool
launch_activate(Domain *domain, int log, int *ret_socket, GError **error)
{
    Guest *guest;
    pid_t pid;

    if (!launch_spawn(domain, log, &pid, ret_socket, error))
        return false;
    guest = g_new0(Guest, 1);
    guest->pid = pid;
    guest->pidfd = spawn_pidfd(pid);
    guest->cgroup = placement_group(domain->live->partition, pid, domain->name);
    g_mutex_lock(&domain->lock);
    domain->guest = guest;
    domain->live->id = pid;
    domain->state = VIR_DOMAIN_RUNNING;
    domain->reason = VIR_DOMAIN_RUNNING_BOOTED;
    g_mutex_unlock(&domain->lock);
    domains_count_active(1);
    if (guest->pidfd < 0)
        return fail_errno(error, errno, "cannot follow the controller of domain '%s'",
                          domain->name);
    return store_save_status(domain, error);
}

static Message *
launch_receive(Domain *domain, int socket, int seconds, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + seconds * G_TIME_SPAN_SECOND;
    g_autoptr(GError) local = NULL;
    g_autoptr(Message) message = message_receive(socket, deadline, NULL, &local);

    if (message)
        return message_check(message, error) ? g_steal_pointer(&message) : NULL;
    if (g_error_matches(local, FAILURE, FAILURE_OPERATION_TIMEOUT))
        fail(error, FAILURE_OPERATION_TIMEOUT,
             "domain '%s' did not start: no word from its controller in %d s; see '%s/%s.log'",
             domain->name, seconds, store_log_directory(), domain->name);
    else if (local)
        g_propagate_error(error, g_steal_pointer(&local));
    else if (domain->guest->destroyed)
        fail(error, FAILURE_OPERATION_FAILED, "domain '%s' was destroyed while it started",
             domain->name);
    else
        fail(error, FAILURE_INTERNAL,
             "domain '%s' did not start: its controller has ended; see '%s/%s.log'", domain->name,
             store_log_directory(), domain->name);
    return NULL;
}

/* A launcher that is gone has left its reason in the socket, or none: launch_receive() finds out.
 */
static bool
launch_send(int socket, const Message *call, const int *fds, size_t n_fds, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + PREPARE_SECONDS * G_TIME_SPAN_SECOND;
    g_autoptr(GError) local = NULL;

    if (message_send(socket, call, fds, n_fds, deadline, &local) ||
        g_error_matches(local, FAILURE, FAILURE_OPERATION_FAILED))
        return true;
    g_propagate_error(error, g_steal_pointer(&local));
    return false;
}

/* What the launcher reports while the process that becomes init makes its mounts. */
static bool
launch_record_prepared(Domain *domain, const MessageParameters *prepared, GError **error)
{
    guint i;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    if (!placement_accepts(domain->guest->cgroup, prepared->cgroup))
        return fail(error, FAILURE_INTERNAL,
                    "the controller of domain '%s' made the control group '%s' instead of '%s'",
                    domain->name, prepared->cgroup, domain->guest->cgroup);
    g_free(domain->guest->cgroup);
    domain->guest->cgroup = g_strdup(prepared->cgroup);
    domain->guest->init_pid = (pid_t)prepared->init_pid;
    if (prepared->nodes)
        domain->guest->nodes = g_ptr_array_ref(prepared->nodes);
    for (i = 0; i < domain->live->consoles->len; i++) {
        Console *console = domain->live->consoles->pdata[i];

        if (!prepared->consoles || i >= g_strv_length(prepared->consoles))
            break;
        g_free(console->path);
        console->path = g_strdup(prepared->consoles[i]);
    }
    interfaces_record(domain->live, prepared->interfaces);
    return true;
}

/*
 * What has to be there before init runs. A launcher whose start fails meanwhile takes away what
 * this works on: then its reason is the one that counts, and it has one of its own unless it ended
 * because it was told to.
 */
static bool
launch_accompany(Domain *domain, int socket, const MessageParameters *prepared, GError **error)
{
    g_autoptr(GError) ours = NULL;
    g_autoptr(GError) theirs = NULL;
    g_autoptr(Message) last = NULL;

    if (launch_record_prepared(domain, prepared, &ours) && store_save_status(domain, &ours) &&
        interfaces_bind(domain, &ours) && disk_rates_begin(domain, &ours) &&
        perf_begin(domain, &ours))
        return true;
    shutdown(socket, SHUT_WR);
    last = launch_receive(domain, socket, CONTINUE_SECONDS, &theirs);
    if (last || g_error_matches(theirs, FAILURE, FAILURE_OPERATION_ABORTED))
        g_propagate_error(error, g_steal_pointer(&ours));
    else
        g_propagate_error(error, g_steal_pointer(&theirs));
    return false;
}

/* @given: the log if there is one, and the definition; what follows in the call is for init. */
static bool
launch_handshake(Domain *domain, int socket, const GArray *given, const StartOptions *options,
                 GError **error)
{
    g_autofree int *fds = g_new(int, given->len + options->n_fds);
    g_autoptr(Message) launch = message_new_call("Launch");
    g_autoptr(Message) proceed = message_new_call("Continue");
    g_autoptr(Message) prepared = NULL;
    g_autoptr(Message) running = NULL;

    memcpy(fds, given->data, given->len * sizeof(int));
    if (options->n_fds)
        memcpy(fds + given->len, options->fds, options->n_fds * sizeof(int));
    launch->parameters->version = MESSAGE_PROTOCOL_VERSION;
    launch->parameters->name = g_strdup(domain->name);
    launch->parameters->log = given->len > 1;
    if (!launch_send(socket, launch, fds, given->len + options->n_fds, error) ||
        !(prepared = launch_receive(domain, socket, PREPARE_SECONDS, error)) ||
        !launch_accompany(domain, socket, prepared->parameters, error) ||
        !launch_send(socket, proceed, NULL, 0, error) ||
        !(running = launch_receive(domain, socket, CONTINUE_SECONDS, error)))
        return false;
    return true;
}

static void
launch_record_running(Domain *domain, const StartOptions *options)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    domain->guest->started = g_get_monotonic_time();
    domain->guest->owner = options->owner;
    domain->updated = false;
    if (options->paused) {
        domain->state = VIR_DOMAIN_PAUSED;
        domain->reason = VIR_DOMAIN_PAUSED_USER;
    }
}

static void
launch_announce(Domain *domain, const StartOptions *options)
{
    event_lifecycle(domain, domain_id(domain), VIR_DOMAIN_EVENT_STARTED,
                    VIR_DOMAIN_EVENT_STARTED_BOOTED);
    if (options->paused)
        event_lifecycle(domain, domain_id(domain), VIR_DOMAIN_EVENT_SUSPENDED,
                        VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
}

/* From the first hook to a running guest; what is left after a failure is launch_undo()'s. */
static bool
launch_run(Domain *domain, const StartOptions *options, int *ret_socket, GError **error)
{
    g_autoptr(GArray) given = g_array_new(FALSE, FALSE, sizeof(int));
    g_auto(Fd) container = -1;
    g_auto(Fd) log = -1;

    if (!template_prepare(domain, error) || !interfaces_prepare(domain, error) ||
        (container = launch_seal_container(domain->live, options, error)) < 0 ||
        (!host_settings()->log_with_libvirtd && (log = launch_open_log(domain->live, error)) < 0) ||
        !hooks_run(domain, HOOK_START, NULL, error) ||
        !launch_activate(domain, log, ret_socket, error))
        return false;
    if (log >= 0)
        g_array_append_val(given, log);
    g_array_append_val(given, container);
    if (!launch_handshake(domain, *ret_socket, given, options, error))
        return false;
    launch_record_running(domain, options);
    return placing_begin(domain, error) && store_save_status(domain, error) &&
           hooks_run(domain, HOOK_STARTED, NULL, error);
}

static void
launch_undo(Domain *domain)
{
    g_autoptr(GError) error = NULL;

    if (domain->guest) {
        g_autofree char *partition = g_strdup(domain->live->partition);
        pid_t pid = domain->guest->pid;

        g_mutex_lock(&domain->lock);
        domain->guest->failed = true;
        g_mutex_unlock(&domain->lock);
        if (domain->guest->started)
            spawn_kill(domain->guest->pidfd);
        ending_clean_up(domain, NULL, true);
        standby_remove_groups(partition, pid);
    } else {
        interfaces_release(domain);
        if (!hooks_run(domain, HOOK_RELEASE, "failed", &error))
            report_log(domain->name, error);
    }
    g_mutex_lock(&domain->lock);
    if (!domain->guest) {
        g_clear_pointer(&domain->live, definition_free);
        domain->state = VIR_DOMAIN_SHUTOFF;
        domain->reason = VIR_DOMAIN_SHUTOFF_FAILED;
    }
    g_mutex_unlock(&domain->lock);
}

bool
launch_start(Domain *domain, Definition *definition, const StartOptions *options, GError **error)
{
    /* before anybody else can see the definition */
    bool settled = security_prepare(definition, error);
    g_auto(Fd) socket = -1;

    g_mutex_lock(&domain->lock);
    g_clear_pointer(&domain->live, definition_free);
    domain->live = definition;
    container_complete(domain->live);
    g_mutex_unlock(&domain->lock);

    /* what was loaded from disk has not been checked; before anybody is asked for anything */
    if (!settled || !definition_check(domain->live, error) ||
        !hooks_run(domain, HOOK_PREPARE, NULL, error) ||
        !launch_run(domain, options, &socket, error)) {
        fd_close(&socket);
        audit_start(domain, "booted", false);
        launch_undo(domain);
        return false;
    }
    audit_start(domain, "booted", true);
    audit_init(domain);
    launch_announce(domain, options);
    watch_guest(domain, domain->guest->pid, fd_steal(&socket), -1);
    standby_refill(domain->live->emulator, domain->live->partition);
    return true;
}
