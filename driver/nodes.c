/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Granting device nodes to a running guest, and taking them back. */
#include "driver/nodes.h"

#include "cgroup/cgroup.h"
#include "controller/wire/failure.h"
#include "controller/wire/node.h"
#include "driver/controller.h"
#include "driver/host.h"
#include "driver/report.h"
#include "xml/container.h"

static GPtrArray *
nodes_copy(const GPtrArray *nodes)
{
    GPtrArray *copy = json_array_new(&device_node_type);
    guint i;

    for (i = 0; nodes && i < nodes->len; i++)
        g_ptr_array_add(copy, device_node_copy(nodes->pdata[i]));
    return copy;
}

/* Those of @alias, or those of all others. */
static GPtrArray *
nodes_of(const GPtrArray *nodes, const char *alias, bool others)
{
    GPtrArray *some = json_array_new(&device_node_type);
    guint i;

    for (i = 0; nodes && i < nodes->len; i++) {
        const DeviceNode *node = nodes->pdata[i];

        if (g_str_equal(node->alias, alias) != others)
            g_ptr_array_add(some, device_node_copy(node));
    }
    return some;
}

/* The rules of a guest with these nodes. */
static GPtrArray *
rules_with(const LiveChange *change, const GPtrArray *nodes)
{
    const ContainerContext context = { .rtc_major = host_rtc_major() };
    GPtrArray *rules = container_device_rules(change->live, &context);
    guint i;

    for (i = 0; nodes && i < nodes->len; i++) {
        const DeviceNode *node = nodes->pdata[i];
        ContainerDeviceRule *rule = json_new(&container_device_rule_type);

        rule->allow = true;
        rule->type = g_strdup(node->type);
        rule->major = node->major;
        rule->minor = node->minor;
        rule->access = g_strdup(node->access);
        g_ptr_array_add(rules, rule);
    }
    return rules;
}

static bool
change_rules(const LiveChange *change, const GPtrArray *before, const GPtrArray *after,
             GError **error)
{
    g_autoptr(GPtrArray) old = rules_with(change, before);
    g_autoptr(GPtrArray) new = rules_with(change, after);

    return cgroup_change_devices(host_cgroups(), change->group, old, new, error);
}

/* The other way round, for what must not fail any more. */
static void
restore_rules(const LiveChange *change, const GPtrArray *now, const GPtrArray *before)
{
    g_autoptr(GError) error = NULL;

    if (!change_rules(change, now, before, &error))
        report_log("device rules", error);
}

/* What @change->device is on this host. */
static GPtrArray *
find_nodes(const LiveChange *change, Fd *ret_held, GError **error)
{
    ContainerHostDevice *device = container_host_device(change->device, error);
    g_autofree char *text = NULL;
    g_autoptr(Message) reply = NULL;
    g_autoptr(GArray) fds = NULL;
    WorkerCall call = { .seconds = LIVE_SECONDS };

    if (!device)
        return NULL;
    text = json_write(&container_host_device_type, device, false);
    json_free(&container_host_device_type, device);
    call.words = (const char *const[]){ "FindDevice", text, NULL };
    if (!(reply = worker_call(&call, &fds, error)))
        return NULL;
    *ret_held = fds ? message_take_fd(fds, 0) : -1;
    live_adopt_server(change, (pid_t)reply->parameters->number);
    return nodes_copy(reply->parameters->nodes);
}

/* The worker would find a file in the way, but not say of what. */
static bool
check_paths(const LiveChange *change, const GPtrArray *nodes, GError **error)
{
    const GPtrArray *present = change->domain->guest->nodes;
    guint i;
    guint n;

    for (i = 0; i < nodes->len; i++) {
        const DeviceNode *node = nodes->pdata[i];

        for (n = 0; present && n < present->len; n++) {
            const DeviceNode *other = present->pdata[n];

            if (g_str_equal(node->path, other->path))
                return fail(error, FAILURE_OPERATION_FAILED,
                            "the container has '%s' already: it belongs to the device '%s'",
                            node->path, other->alias);
        }
    }
    return true;
}

static bool
hold(const LiveChange *change, Fd *held, GError **error)
{
    g_autoptr(Message) call = message_new_call("Hold");
    g_autoptr(Message) reply = NULL;

    if (*held < 0)
        return true;
    call->parameters->alias = g_strdup(device_alias(change->device));
    reply = controller_call_with(change->domain, call, *held, error);
    return reply != NULL;
}

static bool
release(const LiveChange *change, GError **error)
{
    g_autoptr(Message) call = message_new_call("Release");
    g_autoptr(Message) reply = NULL;

    call->parameters->alias = g_strdup(device_alias(change->device));
    reply = controller_call(change->domain, call, NULL, error);
    return reply != NULL;
}

/* Of the guest's root, as the host sees it. */
static char *
host_id(const GPtrArray *map)
{
    return g_strdup_printf("%" G_GUINT64_FORMAT,
                           map->len > 0 ? ((const IdMapEntry *)map->pdata[0])->target : 0);
}

static bool
make_nodes(LiveChange *change, const GPtrArray *nodes, GError **error)
{
    g_autofree char *uid = host_id(change->live->uid_map);
    g_autofree char *gid = host_id(change->live->gid_map);
    const char *const words[] = { "MakeNodes", uid, gid, NULL };

    return nodes->len == 0 || live_work_nodes(change, words, nodes, error);
}

static bool
remove_nodes(LiveChange *change, const GPtrArray *nodes, GError **error)
{
    const char *const words[] = { "RemoveNodes", NULL };

    return nodes->len == 0 || live_work_nodes(change, words, nodes, error);
}

static void
record(Domain *domain, GPtrArray *nodes)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    g_clear_pointer(&domain->guest->nodes, g_ptr_array_unref);
    domain->guest->nodes = nodes;
}

/* Allowed before it is there: a program that waits for the node may open it at once. */
bool
nodes_grant(LiveChange *change, GError **error)
{
    const GPtrArray *before = change->domain->guest->nodes;
    g_auto(Fd) held = -1;
    g_autoptr(GPtrArray) nodes = find_nodes(change, &held, error);
    g_autoptr(GPtrArray) after = NULL;
    guint i;

    if (!nodes || !check_paths(change, nodes, error))
        return false;
    after = nodes_copy(before);
    for (i = 0; i < nodes->len; i++)
        g_ptr_array_add(after, device_node_copy(nodes->pdata[i]));
    if (!change_rules(change, before, after, error))
        return false;
    if (!hold(change, &held, error)) {
        restore_rules(change, after, before);
        return false;
    }
    if (!make_nodes(change, nodes, error)) {
        release(change, NULL);
        restore_rules(change, after, before);
        return false;
    }
    record(change->domain, g_steal_pointer(&after));
    return true;
}

bool
nodes_revoke(LiveChange *change, GError **error)
{
    const GPtrArray *before = change->domain->guest->nodes;
    const char *alias = device_alias(change->device);
    g_autoptr(GPtrArray) nodes = nodes_of(before, alias, false);
    g_autoptr(GPtrArray) after = nodes_of(before, alias, true);

    if (!remove_nodes(change, nodes, error))
        return false;
    if (!change_rules(change, before, after, error)) {
        make_nodes(change, nodes, NULL);
        return false;
    }
    if (!release(change, error)) {
        restore_rules(change, after, before);
        make_nodes(change, nodes, NULL);
        return false;
    }
    record(change->domain, g_steal_pointer(&after));
    return true;
}
