/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kinds of devices that can change while a guest runs. */
#include "driver/live.h"

#include "cgroup/cgroup.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"
#include "driver/host.h"
#include "driver/init.h"
#include "driver/report.h"
#include "driver/worker.h"

static const LiveKind *const kinds[] = {
    &live_filesystem, &live_interface, &live_disk, &live_hostdev, NULL,
};

static const LiveKind no_kind = { NULL, NULL, NULL, NULL };

static const LiveKind *
kind_of(const Device *device)
{
    size_t i;

    for (i = 0; kinds[i]; i++) {
        if (g_str_equal(kinds[i]->name, device_name(device)))
            return kinds[i];
    }
    return &no_kind;
}

static bool
refuse(const LiveChange *change, FailureCode code, const char *verb, GError **error)
{
    return fail(error, code,
                "a <%s> of a running container cannot be %s; change the configuration (--config) "
                "and restart domain '%s'",
                device_name(change->device), verb, change->domain->name);
}

bool
live_attach(LiveChange *change, GError **error)
{
    g_autoptr(Definition) trial = definition_copy(change->live);
    const LiveKind *kind = kind_of(change->device);

    if (!kind->attach)
        return refuse(change, FAILURE_CONFIG_UNSUPPORTED, "attached", error);
    device_name_alias(change->device, change->live);
    if (!device_attach(trial, change->device, error) || !kind->attach(change, error))
        return false;
    if (device_attach(change->live, change->device, error))
        return true;
    live_undo_attach(change);
    return false;
}

bool
live_detach(LiveChange *change, GError **error)
{
    const LiveKind *kind = kind_of(change->device);

    if (!kind->detach)
        return refuse(change, FAILURE_CONFIG_UNSUPPORTED, "detached", error);
    if (!kind->detach(change, error))
        return false;
    if (device_detach(change->live, change->device, error))
        return true;
    live_undo_detach(change);
    return false;
}

bool
live_update(LiveChange *change, GError **error)
{
    g_autoptr(Definition) trial = definition_copy(change->live);
    const LiveKind *kind = kind_of(change->device);

    if (!kind->update)
        return refuse(change, FAILURE_OPERATION_UNSUPPORTED, "updated", error);
    device_inherit(change->device, change->before);
    if (!device_update(trial, change->device, error) || !kind->update(change, error))
        return false;
    if (device_update(change->live, change->device, error))
        return true;
    live_undo_update(change);
    return false;
}

static void
undo(LiveChange *change, bool (*work)(LiveChange *change, GError **error))
{
    g_autoptr(GError) error = NULL;

    if (work && !work(change, &error))
        report_log("a device that was to be as before is not", error);
}

void
live_undo_attach(LiveChange *change)
{
    undo(change, kind_of(change->device)->detach);
}

void
live_undo_detach(LiveChange *change)
{
    undo(change, kind_of(change->device)->attach);
}

void
live_undo_update(LiveChange *change)
{
    LiveChange back = *change;

    back.before = change->device;
    back.device = device_copy(change->before);
    undo(&back, kind_of(change->device)->update);
    device_free(back.device);
}

static Message *
work(LiveChange *change, WorkerCall *call, const GArray *fds, GError **error)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(int));
    g_auto(Fd) init = -1;
    pid_t pid;

    if (!init_find(change->domain, &pid, &init, error))
        return NULL;
    g_array_append_val(all, init);
    if (fds)
        g_array_append_vals(all, fds->data, fds->len);
    call->fds = (const int *)all->data;
    call->n_fds = all->len;
    call->seconds = LIVE_SECONDS;
    return worker_call(call, NULL, error);
}

Message *
live_work(LiveChange *change, const char *const *words, const GArray *fds, GError **error)
{
    WorkerCall call = { .words = words };

    return work(change, &call, fds, error);
}

bool
live_work_nodes(LiveChange *change, const char *const *words, const GPtrArray *nodes,
                GError **error)
{
    WorkerCall call = { .words = words, .nodes = nodes };
    g_autoptr(Message) reply = work(change, &call, NULL, error);

    return reply != NULL;
}

void
live_adopt_server(const LiveChange *change, pid_t pid)
{
    g_autofree char *supervisor =
        g_strconcat(change->domain->guest->cgroup, "/" CGROUP_SUPERVISOR, NULL);
    g_autoptr(GError) error = NULL;

    if (pid > 0 && !cgroup_attach(host_cgroups(), supervisor, pid, &error))
        report_log("the server of an image", error);
}
