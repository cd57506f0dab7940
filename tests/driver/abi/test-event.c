/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every event that a container may emit, delivered to a subscriber through libvirt's own queue. */
#include "driver/abi/event.h"
#include "driver/abi/symbols.h"

#include <libvirt/virterror.h>
#include <string.h>

static const unsigned char uuid[16] = "0123456789abcde";
static const EventSubject web = { 42, "web", uuid };

static EventState *state;
static virConnectPtr conn;

/* What the last delivery said: "name id: words". */
static GString *heard;

static void
probe_domain(virDomainPtr domain)
{
    unsigned char delivered[16];

    virDomainGetUUID(domain, delivered);
    g_assert_cmpmem(delivered, sizeof(delivered), uuid, sizeof(uuid));
    g_string_printf(heard, "%s %u:", virDomainGetName(domain), virDomainGetID(domain));
}

static void
probe_plain(virConnectPtr from, virDomainPtr domain, void *opaque)
{
    (void)from;
    (void)opaque;
    probe_domain(domain);
}

static int
probe_lifecycle(virConnectPtr from, virDomainPtr domain, int type, int detail, void *opaque)
{
    (void)from;
    (void)opaque;
    probe_domain(domain);
    g_string_append_printf(heard, " %d %d", type, detail);
    return 0;
}

static void
probe_balloon(virConnectPtr from, virDomainPtr domain, unsigned long long kib, void *opaque)
{
    (void)from;
    (void)opaque;
    probe_domain(domain);
    g_string_append_printf(heard, " %llu", kib);
}

static void
probe_alias(virConnectPtr from, virDomainPtr domain, const char *alias, void *opaque)
{
    (void)from;
    (void)opaque;
    probe_domain(domain);
    g_string_append_printf(heard, " %s", alias);
}

static void
probe_agent(virConnectPtr from, virDomainPtr domain, int agent_state, int reason, void *opaque)
{
    (void)from;
    (void)opaque;
    probe_domain(domain);
    g_string_append_printf(heard, " %d %d", agent_state, reason);
}

static void
probe_metadata(virConnectPtr from, virDomainPtr domain, int type, const char *uri, void *opaque)
{
    (void)from;
    (void)opaque;
    probe_domain(domain);
    g_string_append_printf(heard, " %d %s", type, uri);
}

static void
probe_threshold(virConnectPtr from, virDomainPtr domain, const char *device, const char *path,
                unsigned long long threshold, unsigned long long excess, void *opaque)
{
    (void)from;
    (void)opaque;
    probe_domain(domain);
    g_string_append_printf(heard, " %s %s %llu %llu", device, path, threshold, excess);
}

static void
probe_memory_failure(virConnectPtr from, virDomainPtr domain, int recipient, int action,
                     unsigned int flags, void *opaque)
{
    (void)from;
    (void)opaque;
    probe_domain(domain);
    g_string_append_printf(heard, " %d %d %u", recipient, action, flags);
}

static void
probe_params(virConnectPtr from, virDomainPtr domain, virTypedParameterPtr params, int count,
             void *opaque)
{
    int value = 0;

    (void)from;
    (void)opaque;
    probe_domain(domain);
    virTypedParamsGetInt(params, count, "value", &value);
    g_string_append_printf(heard, " %d of %d", value, count);
}

static virTypedParameterPtr
params_new(void)
{
    virTypedParameterPtr params = NULL;
    int count = 0, capacity = 0;

    g_assert_cmpint(virTypedParamsAddInt(&params, &count, &capacity, "value", 5), ==, 0);
    return params;
}

/* Subscribes @callback to event @id, queues @event and waits for it to arrive as @expected. */
static void
assert_delivered(Event *event, int id, virConnectDomainEventGenericCallback callback,
                 const char *expected)
{
    EventRequest request = { .event = id, .callback = callback };
    int callback_id = event_state_register_any(state, conn, &request);

    g_assert_cmpint(callback_id, >=, 0);
    g_assert_nonnull(event);
    g_string_truncate(heard, 0);
    event_state_queue(state, event);
    while (!heard->len)
        g_assert_cmpint(virEventRunDefaultImpl(), ==, 0);
    g_assert_cmpstr(heard->str, ==, expected);
    g_assert_cmpint(event_state_deregister_any(state, conn, callback_id), ==, 0);
}

#define DELIVERED(event, id, callback, expected) \
    assert_delivered(event, VIR_DOMAIN_EVENT_ID_##id, VIR_DOMAIN_EVENT_CALLBACK(callback), expected)

static void
test_lifecycle(void)
{
    DELIVERED(event_new_lifecycle(&web, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FAILED),
              LIFECYCLE, probe_lifecycle, "web 42: 5 5");
    DELIVERED(event_new_reboot(&web), REBOOT, probe_plain, "web 42:");
    DELIVERED(event_new_control_error(&web), CONTROL_ERROR, probe_plain, "web 42:");
}

static void
test_devices(void)
{
    DELIVERED(event_new_device_added(&web, "net0"), DEVICE_ADDED, probe_alias, "web 42: net0");
    DELIVERED(event_new_device_removed(&web, "net1"), DEVICE_REMOVED, probe_alias, "web 42: net1");
    DELIVERED(event_new_device_removal_failed(&web, "net2"), DEVICE_REMOVAL_FAILED, probe_alias,
              "web 42: net2");
}

static void
test_values(void)
{
    DELIVERED(event_new_balloon(&web, 1ULL << 40), BALLOON_CHANGE, probe_balloon,
              "web 42: 1099511627776");
    DELIVERED(event_new_agent(&web, 1, 2), AGENT_LIFECYCLE, probe_agent, "web 42: 1 2");
    DELIVERED(event_new_metadata(&web, 2, "urn:x"), METADATA_CHANGE, probe_metadata,
              "web 42: 2 urn:x");
    DELIVERED(event_new_block_threshold(&web, "sda", "/x.img", 10, 3), BLOCK_THRESHOLD,
              probe_threshold, "web 42: sda /x.img 10 3");
    DELIVERED(event_new_memory_failure(&web, 1, 2, 3), MEMORY_FAILURE, probe_memory_failure,
              "web 42: 1 2 3");
}

static void
test_params(void)
{
    DELIVERED(event_new_tunable(&web, params_new(), 1), TUNABLE, probe_params, "web 42: 5 of 1");
    DELIVERED(event_new_job_completed(&web, params_new(), 1), JOB_COMPLETED, probe_params,
              "web 42: 5 of 1");
}

static void
test_legacy(void)
{
    g_assert_cmpint(event_state_register(state, conn, probe_lifecycle, NULL, NULL), ==, 0);
    g_string_truncate(heard, 0);
    event_state_queue(state, event_new_lifecycle(&web, VIR_DOMAIN_EVENT_STARTED, 0));
    while (!heard->len)
        g_assert_cmpint(virEventRunDefaultImpl(), ==, 0);
    g_assert_cmpstr(heard->str, ==, "web 42: 2 0");
    g_assert_cmpint(event_state_deregister(state, conn, probe_lifecycle), ==, 0);
    g_assert_cmpint(event_state_deregister(state, conn, probe_lifecycle), ==, -1);
    virResetLastError();
}

static void
test_nobody(void)
{
    event_state_queue(state, NULL);
    event_state_queue(state, event_new_reboot(&web));
    g_assert_cmpint(event_state_deregister_any(state, conn, 12345), ==, -1);
    virResetLastError();
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(virEventRegisterDefaultImpl(), ==, 0);
    g_assert_true(symbols_load(NULL));
    g_assert_cmpint(virInitialize(), ==, 0);
    heard = g_string_new(NULL);
    conn = private.virGetConnect();
    state = event_state_new(NULL);
    g_assert_nonnull(state);
    g_test_add_func("/abi/event/lifecycle, reboot and control error arrive", test_lifecycle);
    g_test_add_func("/abi/event/device events arrive with the alias", test_devices);
    g_test_add_func("/abi/event/events with values arrive with their values", test_values);
    g_test_add_func("/abi/event/events with parameters take them over", test_params);
    g_test_add_func("/abi/event/the oldest way to subscribe works", test_legacy);
    g_test_add_func("/abi/event/events that nobody waits for are dropped", test_nobody);
    return g_test_run();
}
