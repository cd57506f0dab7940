/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that attach, detach and update devices: of a running guest, of its configuration, or of
 * both. */
#include "controller/wire/failure.h"
#include "driver/api.h"
#include "driver/audit.h"
#include "driver/change.h"
#include "driver/events.h"
#include "driver/host.h"
#include "driver/live.h"
#include "driver/operation.h"
#include "driver/report.h"
#include "xml/container.h"

typedef struct DeviceCall DeviceCall;

/* One of the three things that can be done with a device. */
struct DeviceCall {
    const char *what; /* what busy is held for */
    unsigned int flags;
    DefinitionParseFlags parse;
    bool (*change_config)(Definition *definition, const Device *device, GError **error);
    bool (*change_live)(LiveChange *change, GError **error);
    void (*undo_live)(LiveChange *change);
    void (*audit)(const LiveChange *change, bool success);
    void (*announce)(Domain *domain, const char *alias);
    void (*announce_failure)(Domain *domain, const char *alias);
    bool finds; /* the document only says which device of the guest is meant */
};

static void
audit_attach(const LiveChange *change, bool success)
{
    audit_device(change->domain, "attach", NULL, change->device, success);
}

static void
audit_detach(const LiveChange *change, bool success)
{
    audit_device(change->domain, "detach", change->device, NULL, success);
}

static void
audit_update(const LiveChange *change, bool success)
{
    audit_device(change->domain, "update", change->before, change->device, success);
}

static const DeviceCall attach_call = {
    .what = "attach a device to",
    .flags = AFFECT_FLAGS,
    .parse = DEFINITION_INACTIVE,
    .change_config = device_attach,
    .change_live = live_attach,
    .undo_live = live_undo_attach,
    .audit = audit_attach,
    .announce = event_device_added,
};

/* A document that came out of a running guest names its device by the alias. */
static const DeviceCall detach_call = {
    .what = "detach a device from",
    .flags = AFFECT_FLAGS,
    .change_config = device_detach,
    .change_live = live_detach,
    .undo_live = live_undo_detach,
    .audit = audit_detach,
    .announce = event_device_removed,
    .announce_failure = event_device_removal_failed,
    .finds = true,
};

static const DeviceCall update_call = {
    .what = "update a device of",
    .flags = AFFECT_FLAGS | VIR_DOMAIN_DEVICE_MODIFY_FORCE,
    .parse = DEFINITION_INACTIVE,
    .change_config = device_update,
    .change_live = live_update,
    .undo_live = live_undo_update,
    .audit = audit_update,
};

/* Configuration first: what is wrong with it costs nothing to find out. */
static bool
apply(const DeviceCall *call, Change *change, Device *device, const Device *before, GError **error)
{
    LiveChange live = { change->domain, change->live, change->group, device, before };

    if (change->config && !call->change_config(change->config, device, error))
        return false;
    if (!change->live)
        return change_commit(change, error);
    if (!call->change_live(&live, error)) {
        call->audit(&live, false);
        if (call->announce_failure)
            call->announce_failure(change->domain, device_alias(device));
        return false;
    }
    if (!change_commit(change, error)) {
        call->undo_live(&live);
        call->audit(&live, false);
        return false;
    }
    call->audit(&live, true);
    if (call->announce)
        call->announce(change->domain, device_alias(device));
    return true;
}

static bool
change_device(const DeviceCall *call, Change *change, Device *given, GError **error)
{
    g_autoptr(Device) device = NULL;
    g_autoptr(Device) before = NULL;

    if (change->live && call != &attach_call && !(before = device_find(change->live, given, error)))
        return false;
    if (before && call->finds)
        return apply(call, change, before, NULL, error);
    return apply(call, change, given, before, error);
}

static int
call_with_xml(virDomainPtr handle, const char *xml, unsigned int flags, Access access,
              const DeviceCall *call)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Device) device = NULL;
    g_auto(Operation) operation = { NULL };
    g_auto(Change) change = { NULL };
    Domain *domain = operation_begin(&operation, handle, call->what, access, &error);

    if (!domain || !change_begin(&change, domain, flags & AFFECT_FLAGS, &error) ||
        !(device = device_parse(xml, host_defaults(), call->parse, &error)) ||
        !change_device(call, &change, device, &error))
        return report(error);
    return 0;
}

static int
api_domain_attach_device_flags(virDomainPtr handle, const char *xml, unsigned int flags)
{
    if (!report_check_flags(flags, attach_call.flags))
        return -1;
    return call_with_xml(handle, xml, flags, ACL_FLAGS(virDomainAttachDeviceFlagsEnsureACL, flags),
                         &attach_call);
}

static int
api_domain_attach_device(virDomainPtr handle, const char *xml)
{
    return call_with_xml(handle, xml, VIR_DOMAIN_AFFECT_LIVE, ACL(virDomainAttachDeviceEnsureACL),
                         &attach_call);
}

static int
api_domain_detach_device_flags(virDomainPtr handle, const char *xml, unsigned int flags)
{
    if (!report_check_flags(flags, detach_call.flags))
        return -1;
    return call_with_xml(handle, xml, flags, ACL_FLAGS(virDomainDetachDeviceFlagsEnsureACL, flags),
                         &detach_call);
}

static int
api_domain_detach_device(virDomainPtr handle, const char *xml)
{
    return call_with_xml(handle, xml, VIR_DOMAIN_AFFECT_LIVE, ACL(virDomainDetachDeviceEnsureACL),
                         &detach_call);
}

static int
api_domain_update_device_flags(virDomainPtr handle, const char *xml, unsigned int flags)
{
    if (!report_check_flags(flags, update_call.flags))
        return -1;
    return call_with_xml(handle, xml, flags, ACL_FLAGS(virDomainUpdateDeviceFlagsEnsureACL, flags),
                         &update_call);
}

/* Configuration has no aliases: those are meant that the guest would start with. */
static Device *
find_alias(const Change *change, const char *alias, GError **error)
{
    g_autoptr(Definition) started = NULL;

    if (change->live)
        return device_find_alias(change->live, alias, error);
    started = definition_copy(change->config);
    container_complete(started);
    return device_find_alias(started, alias, error);
}

static int
api_domain_detach_device_alias(virDomainPtr handle, const char *alias, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Device) device = NULL;
    g_auto(Operation) operation = { NULL };
    g_auto(Change) change = { NULL };
    Domain *domain;

    if (!report_check_flags(flags, detach_call.flags))
        return -1;
    domain = operation_begin(&operation, handle, detach_call.what,
                             ACL_FLAGS(virDomainDetachDeviceAliasEnsureACL, flags), &error);
    if (!domain || !change_begin(&change, domain, flags, &error) ||
        !(device = find_alias(&change, alias, &error)) ||
        !apply(&detach_call, &change, device, NULL, &error))
        return report(error);
    return 0;
}

const ApiSlot device_api[] = {
    API(domainAttachDevice, api_domain_attach_device),
    API(domainAttachDeviceFlags, api_domain_attach_device_flags),
    API(domainDetachDevice, api_domain_detach_device),
    API(domainDetachDeviceFlags, api_domain_detach_device_flags),
    API(domainDetachDeviceAlias, api_domain_detach_device_alias),
    API(domainUpdateDeviceFlags, api_domain_update_device_flags),
    { NULL, NULL },
};
