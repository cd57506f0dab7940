/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that ask for one kind of statistics of one domain. All are read from the kernel in the
 * call. */
#include <string.h>

#include "controller/wire/failure.h"
#include "driver/api.h"
#include "driver/block-view.h"
#include "driver/host.h"
#include "driver/link-counters.h"
#include "driver/memory-view.h"
#include "driver/operation.h"
#include "driver/parameters.h"
#include "driver/report.h"

/* A view of a running domain. */
static bool
view_running(GuestView *view, virDomainPtr handle, unsigned parts, Access access, GError **error)
{
    g_auto(Reading) reading = { NULL };
    Domain *domain = domain_read(&reading, handle, access, error);

    if (!domain || !domain_expect(domain, DOMAIN_ACTIVE, error))
        return false;
    if (!guest_view_begin(view, domain, parts) || !view->usage.group)
        return fail(error, FAILURE_OPERATION_INVALID,
                    "domain '%s' is just starting or ending: there is nothing to measure",
                    domain->name);
    return true;
}

/* What is known of an ending guest is of no use: its figures are gone with its groups. */
static bool
still_runs(const GuestView *view, GError **error)
{
    if (!usage_has_ended(&view->usage))
        return true;
    return fail(error, FAILURE_OPERATION_INVALID, "domain is not running: '%s'",
                view->usage.domain->name);
}

static int
api_domain_memory_stats(virDomainPtr handle, virDomainMemoryStatPtr stats, unsigned int room,
                        unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(GuestView) view = { 0 };
    Figures figures = { 0 };
    MemoryView memory;
    unsigned count = 0;
    size_t i;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!view_running(&view, handle, 0, ACL(virDomainMemoryStatsEnsureACL), &error))
        return report(error);
    figures_read(host_figures(), view.usage.files, FIGURES_MEMORY_DETAILS, &figures);
    if (!figure_known(&figures, FIGURE_MEMORY) && !still_runs(&view, &error))
        return report(error);
    memory_view(&view, &figures, &memory);
    for (i = 0; i < MEMORY_VIEW_ROWS && count < room; i++) {
        uint64_t value = memory_view_get(&memory, &memory_view_rows[i]);

        if (value == UINT64_MAX)
            continue;
        stats[count].tag = memory_view_rows[i].tag;
        stats[count++].val = value;
    }
    return (int)count;
}

static const ParameterRow cpu_rows[] = {
    { VIR_DOMAIN_CPU_STATS_CPUTIME, VIR_TYPED_PARAM_ULLONG },
    { VIR_DOMAIN_CPU_STATS_USERTIME, VIR_TYPED_PARAM_ULLONG },
    { VIR_DOMAIN_CPU_STATS_SYSTEMTIME, VIR_TYPED_PARAM_ULLONG },
    { NULL },
};

static const Figure cpu_figures[] = { FIGURE_CPU_TIME, FIGURE_CPU_USER, FIGURE_CPU_SYSTEM };

static int
total_cpu_stats(const GuestView *view, virTypedParameterPtr params, int nparams, GError **error)
{
    ParameterRoom room = parameters_begin(params, &nparams);
    Figures figures = { 0 };
    int count;
    size_t i;

    figures_read(host_figures(), view->usage.files, FIGURES_CPU_TIME, &figures);
    if (!figure_known(&figures, FIGURE_CPU_TIME) && !still_runs(view, error))
        return -1;
    for (i = 0; i < G_N_ELEMENTS(cpu_figures); i++) {
        if (figure_known(&figures, cpu_figures[i]))
            parameters_put_number(&room, &cpu_rows[i], figures.values[cpu_figures[i]]);
    }
    parameters_end(&room, &count);
    return count;
}

/* One parameter for each processor; where the kernel does not count by processor there is none. */
static int
single_cpu_stats(const GuestView *view, virTypedParameterPtr params, int nparams, int start,
                 unsigned count)
{
    unsigned processors = host_processors();
    g_autofree uint64_t *times = g_new0(uint64_t, processors);
    unsigned i;

    if (!figures_read_processors(host_figures(), view->usage.files, times, processors))
        return 0;
    for (i = 0; i < count && nparams > 0 && (unsigned)start + i < processors; i++) {
        int one = 1;
        ParameterRoom room = parameters_begin(&params[i * (unsigned)nparams], &one);

        parameters_put_number(&room, &cpu_rows[0], times[(unsigned)start + i]);
    }
    return 1;
}

static int
api_domain_get_cpu_stats(virDomainPtr handle, virTypedParameterPtr params, unsigned int nparams,
                         int start, unsigned int ncpus, unsigned int flags)
{
    unsigned processors = host_processors();
    g_autoptr(GError) error = NULL;
    g_auto(GuestView) view = { 0 };
    int count;

    if (!report_check_flags(flags, VIR_TYPED_PARAM_STRING_OKAY))
        return -1;
    if (!view_running(&view, handle, 0, ACL(virDomainGetCPUStatsEnsureACL), &error))
        return report(error);
    if (start != -1 && ncpus == 0)
        return (int)processors;
    if (start != -1 && (unsigned)start >= processors) {
        fail(&error, FAILURE_INVALID_ARG, "there is no processor %d: this host has %u", start,
             processors);
        return report(error);
    }
    count =
        start == -1
            ? total_cpu_stats(&view, params, (int)MIN(nparams, G_N_ELEMENTS(cpu_figures)), &error)
            : single_cpu_stats(&view, params, (int)MIN(nparams, G_MAXINT), start, ncpus);
    return count < 0 ? report(error) : count;
}

/* The figures of one device of a running guest, or of all (""). */
static bool
find_block(const GuestView *view, const char *path, BlockFigures *ret_figures, GError **error)
{
    g_autoptr(GArray) views = block_views(view);
    BlockView found;

    if (!block_views_find(views, path, &found))
        return fail(error, FAILURE_INVALID_ARG,
                    "domain '%s' has no block device '%s'; \"\" is the sum of all",
                    view->usage.domain->name, path);
    *ret_figures = found.figures;
    return still_runs(view, error);
}

static int
api_domain_block_stats(virDomainPtr handle, const char *path, virDomainBlockStatsPtr stats)
{
    g_autoptr(GError) error = NULL;
    g_auto(GuestView) view = { 0 };
    BlockFigures figures;

    if (!view_running(&view, handle, VIEW_DISKS, ACL(virDomainBlockStatsEnsureACL), &error) ||
        !find_block(&view, path, &figures, &error))
        return report(error);
    *stats = (virDomainBlockStatsStruct){
        .rd_req = (long long)figures.read_requests,
        .rd_bytes = (long long)figures.read_bytes,
        .wr_req = (long long)figures.write_requests,
        .wr_bytes = (long long)figures.write_bytes,
        .errs = -1,
    };
    return 0;
}

static const ParameterRow block_rows[] = {
    { VIR_DOMAIN_BLOCK_STATS_WRITE_BYTES, VIR_TYPED_PARAM_LLONG },
    { VIR_DOMAIN_BLOCK_STATS_WRITE_REQ, VIR_TYPED_PARAM_LLONG },
    { VIR_DOMAIN_BLOCK_STATS_READ_BYTES, VIR_TYPED_PARAM_LLONG },
    { VIR_DOMAIN_BLOCK_STATS_READ_REQ, VIR_TYPED_PARAM_LLONG },
};

static const size_t block_members[] = {
    offsetof(BlockFigures, write_bytes),
    offsetof(BlockFigures, write_requests),
    offsetof(BlockFigures, read_bytes),
    offsetof(BlockFigures, read_requests),
};

static int
api_domain_block_stats_flags(virDomainPtr handle, const char *path, virTypedParameterPtr params,
                             int *nparams, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(GuestView) view = { 0 };
    BlockFigures figures;
    ParameterRoom room;
    size_t i;

    if (!report_check_flags(flags, VIR_TYPED_PARAM_STRING_OKAY))
        return -1;
    if (!view_running(&view, handle, VIEW_DISKS, ACL(virDomainBlockStatsFlagsEnsureACL), &error) ||
        !find_block(&view, path, &figures, &error))
        return report(error);
    room = parameters_begin(params, nparams);
    for (i = 0; i < G_N_ELEMENTS(block_rows); i++)
        parameters_put_number(&room, &block_rows[i],
                              G_STRUCT_MEMBER(uint64_t, &figures, block_members[i]));
    parameters_end(&room, nparams);
    return 0;
}

/* A disk by target or source, of a running domain or not. */
static const DiskView *
find_disk(GuestView *view, virDomainPtr handle, const char *path, GError **error)
{
    g_auto(Reading) reading = { NULL };
    Domain *domain = domain_read(&reading, handle, ACL(virDomainGetBlockInfoEnsureACL), error);
    guint i;

    if (!domain)
        return NULL;
    for (i = 0; guest_view_begin(view, domain, VIEW_DISKS) && i < view->disks->len; i++) {
        const DiskView *disk = view->disks->pdata[i];

        if (g_strcmp0(disk->target, path) != 0 && g_strcmp0(disk->source, path) != 0)
            continue;
        if (disk->source)
            return disk;
        fail(error, FAILURE_OPERATION_UNSUPPORTED,
             "disk '%s' of domain '%s' has no file or block device as its source", path,
             domain->name);
        return NULL;
    }
    fail(error, FAILURE_INVALID_ARG, "domain '%s' has no disk '%s'", domain->name, path);
    return NULL;
}

static int
api_domain_get_block_info(virDomainPtr handle, const char *path, virDomainBlockInfoPtr info,
                          unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(GuestView) view = { 0 };
    const DiskView *disk;
    BlockSizes sizes;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!(disk = find_disk(&view, handle, path, &error)) || !block_sizes(disk, &sizes, &error))
        return report(error);
    *info = (virDomainBlockInfo){ sizes.capacity, sizes.allocation, sizes.physical };
    return 0;
}

static int
api_domain_get_disk_errors(virDomainPtr handle, virDomainDiskErrorPtr errors, unsigned int room,
                           unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(Reading) reading = { NULL };
    Domain *domain;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!(domain = domain_read(&reading, handle, ACL(virDomainGetDiskErrorsEnsureACL), &error)) ||
        !domain_expect(domain, DOMAIN_ACTIVE, &error))
        return report(error);
    /* an error of a disk goes to the program that used it: no guest is stopped by one */
    return 0;
}

static const InterfaceView *
find_interface(const GuestView *view, const char *device)
{
    guint i;

    for (i = 0; i < view->interfaces->len; i++) {
        const InterfaceView *interface = view->interfaces->pdata[i];

        if (g_strcmp0(interface->target, device) == 0 ||
            g_ascii_strcasecmp(interface->mac ? interface->mac : "", device) == 0)
            return interface;
    }
    return NULL;
}

/* An interface that moved into the guest as a whole is looked at there, by its name. */
static bool
count_in_guest(const GuestView *view, const InterfaceView *interface,
               virDomainInterfaceStatsPtr ret_stats, GError **error)
{
    const char *name = interface->guest ? interface->guest : interface->target;
    LinkCounters *counters = link_counters_new(view->init_pid, error);
    const virDomainInterfaceStatsStruct *stats =
        counters && name ? g_hash_table_lookup(counters, name) : NULL;

    if (stats)
        *ret_stats = *stats;
    else if (counters)
        fail(error, FAILURE_OPERATION_FAILED,
             "interface '%s' of domain '%s' is nowhere to be found", name ? name : interface->mac,
             view->usage.domain->name);
    link_counters_free(counters);
    return stats != NULL;
}

static int
api_domain_interface_stats(virDomainPtr handle, const char *device,
                           virDomainInterfaceStatsPtr stats)
{
    g_autoptr(GError) error = NULL;
    g_auto(GuestView) view = { 0 };
    const InterfaceView *interface;
    LinkCounters *counters;
    bool found;

    if (!view_running(&view, handle, VIEW_INTERFACES, ACL(virDomainInterfaceStatsEnsureACL),
                      &error))
        return report(error);
    if (!(interface = find_interface(&view, device))) {
        fail(&error, FAILURE_INVALID_ARG, "domain '%s' has no interface '%s'",
             view.usage.domain->name, device);
        return report(error);
    }
    if (!(counters = link_counters_new(0, &error)))
        return report(error);
    found = link_counters_guest(counters, interface, stats);
    link_counters_free(counters);
    if (!found && !count_in_guest(&view, interface, stats, &error))
        return report(error);
    return 0;
}

const ApiSlot statistics_api[] = {
    API(domainMemoryStats, api_domain_memory_stats),
    API(domainGetCPUStats, api_domain_get_cpu_stats),
    API(domainBlockStats, api_domain_block_stats),
    API(domainBlockStatsFlags, api_domain_block_stats_flags),
    API(domainGetBlockInfo, api_domain_get_block_info),
    API(domainGetDiskErrors, api_domain_get_disk_errors),
    API(domainInterfaceStats, api_domain_interface_stats),
    { NULL, NULL },
};
