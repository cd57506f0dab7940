/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virDomainGetGuestInfo: what a guest's agent knows, as typed parameters. */
#include <libvirt/libvirt.h>

#include "controller/wire/failure.h"
#include "driver/agent.h"
#include "driver/api.h"
#include "driver/report.h"

/* constants of libvirt 11.2 and later */
#define INFO_LOAD (1 << 7)

/* Parameters as they are found. */
typedef struct {
    virTypedParameterPtr list;
    int count;
    int room;
} Answer;

G_GNUC_PRINTF(3, 4)
static void
add_text(Answer *answer, const char *value, const char *format, ...)
{
    g_autofree char *name = NULL;
    va_list arguments;

    if (!value)
        return;
    va_start(arguments, format);
    name = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    virTypedParamsAddString(&answer->list, &answer->count, &answer->room, name, value);
}

G_GNUC_PRINTF(3, 4)
static void
add_count(Answer *answer, unsigned int value, const char *format, ...)
{
    g_autofree char *name = NULL;
    va_list arguments;

    va_start(arguments, format);
    name = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    virTypedParamsAddUInt(&answer->list, &answer->count, &answer->room, name, value);
}

G_GNUC_PRINTF(3, 4)
static void
add_size(Answer *answer, int64_t value, const char *format, ...)
{
    g_autofree char *name = NULL;
    va_list arguments;

    if (value == AGENT_ABSENT)
        return;
    va_start(arguments, format);
    name = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    virTypedParamsAddULLong(&answer->list, &answer->count, &answer->room, name, value);
}

static bool
add_users(Domain *domain, Answer *answer, GError **error)
{
    g_autoptr(GPtrArray) users =
        agent_ask_objects(domain, "guest-get-users", &agent_user_type, error);
    guint i;

    if (!users)
        return false;
    add_count(answer, users->len, "user.count");
    for (i = 0; i < users->len; i++) {
        const AgentUser *user = users->pdata[i];

        add_text(answer, user->user, "user.%u.name", i);
        add_size(answer, (int64_t)(user->login_time * 1000), "user.%u.login-time", i);
    }
    return true;
}

static bool
add_os(Domain *domain, Answer *answer, GError **error)
{
    AgentOs *os = NULL;

    if (!agent_ask_object(domain, "guest-get-osinfo", &agent_os_type, (void **)&os, error))
        return false;
    add_text(answer, os->id, "os.id");
    add_text(answer, os->name, "os.name");
    add_text(answer, os->pretty_name, "os.pretty-name");
    add_text(answer, os->version, "os.version");
    add_text(answer, os->version_id, "os.version-id");
    add_text(answer, os->machine, "os.machine");
    add_text(answer, os->variant, "os.variant");
    add_text(answer, os->variant_id, "os.variant-id");
    add_text(answer, os->kernel_release, "os.kernel-release");
    add_text(answer, os->kernel_version, "os.kernel-version");
    json_free(&agent_os_type, os);
    return true;
}

static bool
add_timezone(Domain *domain, Answer *answer, GError **error)
{
    AgentTimezone *zone = NULL;

    if (!agent_ask_object(domain, "guest-get-timezone", &agent_timezone_type, (void **)&zone,
                          error))
        return false;
    add_text(answer, zone->zone, "timezone.name");
    virTypedParamsAddInt(&answer->list, &answer->count, &answer->room, "timezone.offset",
                         (int)zone->offset);
    json_free(&agent_timezone_type, zone);
    return true;
}

static bool
add_hostname(Domain *domain, Answer *answer, GError **error)
{
    AgentHostName *name = NULL;

    if (!agent_ask_object(domain, "guest-get-host-name", &agent_host_name_type, (void **)&name,
                          error))
        return false;
    add_text(answer, name->host_name, "hostname");
    json_free(&agent_host_name_type, name);
    return true;
}

static bool
add_filesystems(Domain *domain, Answer *answer, GError **error)
{
    g_autoptr(GPtrArray) systems =
        agent_ask_objects(domain, "guest-get-fsinfo", &agent_filesystem_type, error);
    guint i;

    if (!systems)
        return false;
    add_count(answer, systems->len, "fs.count");
    for (i = 0; i < systems->len; i++) {
        const AgentFilesystem *system = systems->pdata[i];

        add_text(answer, system->name, "fs.%u.name", i);
        add_text(answer, system->mountpoint, "fs.%u.mountpoint", i);
        add_text(answer, system->type, "fs.%u.fstype", i);
        add_size(answer, system->total_bytes, "fs.%u.total-bytes", i);
        add_size(answer, system->used_bytes, "fs.%u.used-bytes", i);
        add_count(answer, 0, "fs.%u.disk.count", i);
    }
    return true;
}

static bool
add_disks(Domain *domain, Answer *answer, GError **error)
{
    g_autoptr(GPtrArray) disks =
        agent_ask_objects(domain, "guest-get-disks", &agent_disk_type, error);
    guint i;

    if (!disks)
        return false;
    add_count(answer, disks->len, "disk.count");
    for (i = 0; i < disks->len; i++) {
        const AgentDisk *disk = disks->pdata[i];
        g_autofree char *partition = g_strdup_printf("disk.%u.partition", i);

        add_text(answer, disk->name, "disk.%u.name", i);
        virTypedParamsAddBoolean(&answer->list, &answer->count, &answer->room, partition,
                                 disk->partition);
    }
    return true;
}

static void
add_addresses(Answer *answer, const AgentInterface *interface, guint i)
{
    guint count = interface->addresses ? interface->addresses->len : 0;
    guint j;

    add_count(answer, count, "if.%u.addr.count", i);
    for (j = 0; j < count; j++) {
        const AgentAddress *address = interface->addresses->pdata[j];

        add_text(answer, address->type, "if.%u.addr.%u.type", i, j);
        add_text(answer, address->address, "if.%u.addr.%u.addr", i, j);
        add_count(answer, address->prefix, "if.%u.addr.%u.prefix", i, j);
    }
}

static bool
add_interfaces(Domain *domain, Answer *answer, GError **error)
{
    g_autoptr(GPtrArray) interfaces =
        agent_ask_objects(domain, "guest-network-get-interfaces", &agent_interface_type, error);
    guint i;

    if (!interfaces)
        return false;
    add_count(answer, interfaces->len, "if.count");
    for (i = 0; i < interfaces->len; i++) {
        const AgentInterface *interface = interfaces->pdata[i];

        add_text(answer, interface->name, "if.%u.name", i);
        add_text(answer, interface->hardware_address, "if.%u.hwaddr", i);
        add_addresses(answer, interface, i);
    }
    return true;
}

static bool
add_load(Domain *domain, Answer *answer, GError **error)
{
    AgentLoad *load = NULL;

    if (!agent_ask_object(domain, "guest-get-load", &agent_load_type, (void **)&load, error))
        return false;
    virTypedParamsAddDouble(&answer->list, &answer->count, &answer->room, "load.1m", load->one);
    virTypedParamsAddDouble(&answer->list, &answer->count, &answer->room, "load.5m", load->five);
    virTypedParamsAddDouble(&answer->list, &answer->count, &answer->room, "load.15m",
                            load->fifteen);
    json_free(&agent_load_type, load);
    return true;
}

static const struct {
    unsigned int type;
    bool (*add)(Domain *domain, Answer *answer, GError **error);
} groups[] = {
    { VIR_DOMAIN_GUEST_INFO_USERS, add_users },
    { VIR_DOMAIN_GUEST_INFO_OS, add_os },
    { VIR_DOMAIN_GUEST_INFO_TIMEZONE, add_timezone },
    { VIR_DOMAIN_GUEST_INFO_HOSTNAME, add_hostname },
    { VIR_DOMAIN_GUEST_INFO_FILESYSTEM, add_filesystems },
    { VIR_DOMAIN_GUEST_INFO_DISKS, add_disks },
    { VIR_DOMAIN_GUEST_INFO_INTERFACES, add_interfaces },
    { INFO_LOAD, add_load },
};

/* With @types 0 a group that cannot be told is left out; one that was asked for is an error. */
static bool
collect(Domain *domain, unsigned int types, Answer *answer, GError **error)
{
    unsigned int known = 0;
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(groups); i++)
        known |= groups[i].type;
    if (types & ~known)
        return fail(error, FAILURE_INVALID_ARG, "unsupported guest information types '0x%x'",
                    types & ~known);
    for (i = 0; i < G_N_ELEMENTS(groups); i++) {
        if (types & groups[i].type && !groups[i].add(domain, answer, error))
            return false;
        if (types == 0)
            groups[i].add(domain, answer, NULL);
    }
    return true;
}

static int
api_domain_get_guest_info(virDomainPtr handle, unsigned int types, virTypedParameterPtr *params,
                          int *nparams, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain = NULL;
    Answer answer = { NULL, 0, 0 };

    if (!report_check_flags(flags, 0))
        return -1;
    if (!(domain = agent_reach(handle, ACL(virDomainGetGuestInfoEnsureACL), &error)))
        return report(error);
    if (!collect(domain, types, &answer, &error)) {
        virTypedParamsFree(answer.list, answer.count);
        return report(error);
    }
    *params = answer.list;
    *nparams = answer.count;
    return 0;
}

const ApiSlot agent_info_api[] = {
    API(domainGetGuestInfo, api_domain_get_guest_info),
    { NULL, NULL },
};
