/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads memory and processor time. */
#include "driver/usage.h"

#include <string.h>

#include "controller/wire/failure.h"
#include "driver/host.h"

void
usage_begin(Usage *usage, Domain *domain)
{
    const Guest *guest = domain->guest;

    /* before init is there the groups may not be, or may be without limits and so without figures
     */
    if (!guest || !guest->cgroup || (!guest->init_pid && !guest->foreign))
        return;
    /* the stock driver's group is the one its controller is in: what it holds is the guest, and a
     * few megabytes of controller */
    usage->group = guest->foreign ? g_strdup(guest->cgroup)
                                  : g_strconcat(guest->cgroup, "/" CGROUP_LIMITS, NULL);
    usage->domain = domain_ref(domain);
    usage->pid = guest->pid;
}

void
usage_clear(Usage *usage)
{
    g_clear_pointer(&usage->group, g_free);
    g_clear_pointer(&usage->domain, domain_unref);
}

static bool
parse(const char *text, const char *what, uint64_t *ret_number, GError **error)
{
    char *end = NULL;

    *ret_number = text ? g_ascii_strtoull(text, &end, 10) : 0;
    if (!text || end == text)
        return fail(error, FAILURE_OPERATION_FAILED, "the control group shows no %s", what);
    return true;
}

bool
usage_memory(const Usage *usage, uint64_t *ret_bytes, GError **error)
{
    bool unified = cgroup_version(host_cgroups(), CGROUP_MEMORY) == 2;
    const char *file = unified ? "memory.current" : "memory.usage_in_bytes";
    g_autofree char *text = cgroup_read(host_cgroups(), CGROUP_MEMORY, usage->group, file, error);

    return text && parse(text, "memory usage", ret_bytes, error);
}

static bool
unified_cpu_time(const Usage *usage, uint64_t *ret_ns, GError **error)
{
    g_autofree char *text =
        cgroup_read(host_cgroups(), CGROUP_CPU, usage->group, "cpu.stat", error);
    const char *row;

    if (!text)
        return false;
    row = strstr(text, "usage_usec ");
    if (!parse(row ? row + strlen("usage_usec ") : NULL, "processor time", ret_ns, error))
        return false;
    *ret_ns *= 1000;
    return true;
}

bool
usage_cpu_time(const Usage *usage, uint64_t *ret_ns, GError **error)
{
    g_autofree char *text = NULL;

    if (cgroup_version(host_cgroups(), CGROUP_CPUACCT) != 1)
        return unified_cpu_time(usage, ret_ns, error);
    text = cgroup_read(host_cgroups(), CGROUP_CPUACCT, usage->group, "cpuacct.usage", error);
    return text && parse(text, "processor time", ret_ns, error);
}

bool
usage_has_ended(const Usage *usage)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&usage->domain->lock);

    return domain_id(usage->domain) != usage->pid;
}
