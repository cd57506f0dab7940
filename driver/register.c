/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one symbol of the plugin. */
#include "driver/abi/registration.h"
#include "driver/api.h"
#include "driver/plugin.h"
#include "driver/report.h"

/* What the daemon calls after dlopen(). */
__attribute__((visibility("default"))) int lxcRegister(void);

int
lxcRegister(void)
{
    static const StateCallbacks callbacks = {
        .initialize = plugin_initialize,
        .cleanup = plugin_cleanup,
        .reload = plugin_reload,
    };
    static const ApiSlot *const tables[] = {
        /* one to a line: many hands add to it */
        /* clang-format off */
        connect_api,
        node_api,
        list_api,
        definition_api,
        lifecycle_api,
        query_api,
        security_api,
        guest_api,
        agent_api,
        agent_info_api,
        agent_mounts_api,
        addresses_api,
        device_api,
        disk_api,
        interface_api,
        native_api,
        event_api,
        limits_block_api,
        limits_cpu_api,
        limits_memory_api,
        limits_numa_api,
        statistics_api,
        statistics_all_api,
        vcpus_api,
        perf_api,
        state_api,
        cpu_api,
        absent_api,
        NULL,
        /* clang-format on */
    };
    g_autoptr(GError) error = NULL;

    /* A failure here would keep the daemon from starting at all. */
    if (!registration_run(&callbacks, tables, &error))
        report_log("cannot register the container driver", error);
    return 0;
}
