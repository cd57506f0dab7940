/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* File systems of a guest, as its agent sees them: listed, frozen, trimmed. */
#include <libvirt/libvirt.h>

#include "controller/wire/failure.h"
#include "driver/agent.h"
#include "driver/api.h"
#include "driver/report.h"

static virDomainFSInfoPtr
new_info(const AgentFilesystem *system)
{
    virDomainFSInfoPtr info = g_new0(virDomainFSInfo, 1);

    info->mountpoint = g_strdup(system->mountpoint ? system->mountpoint : "");
    info->name = g_strdup(system->name ? system->name : "");
    info->fstype = g_strdup(system->type ? system->type : "");
    return info;
}

static int
api_domain_get_fs_info(virDomainPtr handle, virDomainFSInfoPtr **info, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain = NULL;
    g_autoptr(GPtrArray) systems = NULL;
    guint i;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!(domain = agent_reach(handle, ACL(virDomainGetFSInfoEnsureACL), &error)) ||
        !(systems = agent_ask_objects(domain, "guest-get-fsinfo", &agent_filesystem_type, &error)))
        return report(error);
    *info = g_new0(virDomainFSInfoPtr, systems->len + 1);
    for (i = 0; i < systems->len; i++)
        (*info)[i] = new_info(systems->pdata[i]);
    return (int)systems->len;
}

static AgentArguments *
freeze_arguments(const char **mountpoints, unsigned int count)
{
    AgentArguments *arguments = agent_arguments_new();
    unsigned int i;

    arguments->mountpoints = g_new0(char *, count + 1);
    for (i = 0; i < count; i++)
        arguments->mountpoints[i] = g_strdup(mountpoints[i]);
    return arguments;
}

static int
api_domain_fs_freeze(virDomainPtr handle, const char **mountpoints, unsigned int nmountpoints,
                     unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain = NULL;
    g_autofree char *reply = NULL;
    int64_t count = 0;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!(domain = agent_reach(handle, ACL(virDomainFSFreezeEnsureACL), &error)))
        return report(error);
    reply = nmountpoints ? agent_ask(domain, "guest-fsfreeze-freeze-list",
                                     freeze_arguments(mountpoints, nmountpoints), &error)
                         : agent_ask(domain, "guest-fsfreeze-freeze", NULL, &error);
    if (!reply || !agent_reply_read_number(reply, &count, &error))
        return report(error);
    return (int)count;
}

static int
api_domain_fs_thaw(virDomainPtr handle, const char **mountpoints, unsigned int nmountpoints,
                   unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain = NULL;
    g_autofree char *reply = NULL;
    int64_t count = 0;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!(domain = agent_reach(handle, ACL(virDomainFSThawEnsureACL), &error)))
        return report(error);
    if (nmountpoints) {
        fail(&error, FAILURE_ARGUMENT_UNSUPPORTED,
             "file systems are thawed all at once: name no mount point");
        return report(error);
    }
    if (!(reply = agent_ask(domain, "guest-fsfreeze-thaw", NULL, &error)) ||
        !agent_reply_read_number(reply, &count, &error))
        return report(error);
    return (int)count;
}

static int
api_domain_fs_trim(virDomainPtr handle, const char *mount_point, unsigned long long minimum,
                   unsigned int flags)
{
    AgentArguments *arguments;
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain = NULL;
    g_autofree char *reply = NULL;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!(domain = agent_reach(handle, ACL(virDomainFSTrimEnsureACL), &error)))
        return report(error);
    if (mount_point) {
        fail(&error, FAILURE_ARGUMENT_UNSUPPORTED,
             "file systems are trimmed all at once: name no mount point");
        return report(error);
    }
    arguments = agent_arguments_new();
    arguments->minimum = (int64_t)MIN(minimum, (unsigned long long)INT64_MAX);
    reply = agent_ask(domain, "guest-fstrim", arguments, &error);
    return reply ? 0 : report(error);
}

const ApiSlot agent_mounts_api[] = {
    API(domainGetFSInfo, api_domain_get_fs_info),
    API(domainFSFreeze, api_domain_fs_freeze),
    API(domainFSThaw, api_domain_fs_thaw),
    API(domainFSTrim, api_domain_fs_trim),
    { NULL, NULL },
};
