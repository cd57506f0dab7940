/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chooses the placement of guests by asking the bus, in a worker. */
#include "driver/placement.h"

#include <string.h>

#include "cgroup/cgroup.h"
#include "driver/abi/log.h"
#include "driver/report.h"
#include "driver/worker.h"

/* As sd_booted(3) says. */
#define SYSTEMD_DIRECTORY "/run/systemd/system"

static const char *chosen = "direct";

/* Constant, whatever the worker says. */
static const char *
known_name(const char *name)
{
    static const char *const names[] = { "machined", "systemd", NULL };
    size_t i;

    for (i = 0; names[i]; i++) {
        if (g_strcmp0(names[i], name) == 0)
            return names[i];
    }
    return "direct";
}

void
placement_find(void)
{
    static const char *const words[] = { "Placement", NULL };
    g_autoptr(Message) reply = NULL;
    g_autoptr(GError) error = NULL;
    const char *reason;

    chosen = "direct";
    if (!g_file_test(SYSTEMD_DIRECTORY, G_FILE_TEST_IS_DIR)) {
        log_info("placement of guests: direct, control groups of our own (no systemd)");
        return;
    }
    if (!(reply = worker_request(words, -1, PLACEMENT_SECONDS, &error))) {
        log_warning("placement of guests: direct, control groups of our own below those of "
                    "systemd, which does not answer: %s",
                    error->message);
        return;
    }
    chosen = known_name(reply->parameters->placement);
    reason = reply->parameters->message;
    log_info("placement of guests: %s%s%s", chosen, reason && *reason ? ", because " : "",
             reason ? reason : "");
}

const char *
placement_name(void)
{
    return chosen;
}

char *
placement_group(const char *partition, pid_t pid, const char *name)
{
    return g_str_equal(chosen, "direct") ? cgroup_guest_name(partition, pid, name)
                                         : cgroup_scope_group(partition, pid, name);
}

bool
placement_accepts(const char *expected, const char *group)
{
    if (!group)
        return false;
    if (!cgroup_is_scope(expected))
        return g_str_equal(expected, group);
    return group[0] == '/' && !strstr(group, "/../") &&
           g_str_has_suffix(group, strrchr(expected, '/'));
}

void
placement_release(pid_t pid, const char *name, const char *group)
{
    g_autofree char *machine = cgroup_machine_name(pid, name);
    const char *const words[] = { "Unplace", machine, NULL };
    g_autoptr(Message) reply = NULL;
    g_autoptr(GError) error = NULL;

    if (cgroup_is_scope(group) &&
        !(reply = worker_request(words, -1, PLACEMENT_RELEASE_SECONDS, &error)))
        report_log(name, error);
}
