/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls on what becomes of a domain, and on what is to be known of it: jobs, messages. */
#include <string.h>

#include "controller/wire/failure.h"
#include "driver/api.h"
#include "driver/change.h"
#include "driver/domains.h"
#include "driver/ending.h"
#include "driver/events.h"
#include "driver/look.h"
#include "driver/report.h"
#include "driver/store.h"
#include "xml/container.h"

/* bits of virDomainMessageType, of libvirt 7.1 and (the last) 11.1 */
#define MESSAGES_DEPRECATION (1 << 0)
#define MESSAGES_TAINTING    (1 << 1)
#define MESSAGES_IOERRORS    (1 << 2)

/* Nothing on a container takes so long that it would be a job. */
static int
api_domain_get_job_info(virDomainPtr handle, virDomainJobInfoPtr info)
{
    g_autoptr(GError) error = NULL;
    g_auto(Reading) reading = { NULL };
    Domain *domain;

    memset(info, 0, sizeof(*info));
    if (!(domain = domain_read(&reading, handle, ACL(virDomainGetJobInfoEnsureACL), &error)) ||
        !domain_expect(domain, DOMAIN_ACTIVE, &error))
        return report(error);
    info->type = VIR_DOMAIN_JOB_NONE;
    return 0;
}

static int
api_domain_get_job_stats(virDomainPtr handle, int *type, virTypedParameterPtr *params, int *nparams,
                         unsigned int flags)
{
    bool completed = flags & VIR_DOMAIN_JOB_STATS_COMPLETED;
    g_autoptr(GError) error = NULL;
    g_auto(Reading) reading = { NULL };
    Domain *domain;

    if (!report_check_flags(flags,
                            VIR_DOMAIN_JOB_STATS_COMPLETED | VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED))
        return -1;
    if (!(domain = domain_read(&reading, handle, ACL(virDomainGetJobStatsEnsureACL), &error)) ||
        (!completed && !domain_expect(domain, DOMAIN_ACTIVE, &error)))
        return report(error);
    *type = VIR_DOMAIN_JOB_NONE;
    *params = NULL;
    *nparams = 0;
    return 0;
}

/* A container has no I/O threads: the list is empty. */
static int
api_domain_get_iothread_info(virDomainPtr handle, virDomainIOThreadInfoPtr **info,
                             unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(Look) look = { { NULL } };

    if (!report_check_flags(flags, AFFECT_FLAGS))
        return -1;
    if (!look_begin(&look, handle, flags, ACL(virDomainGetIOThreadInfoEnsureACL), &error))
        return report(error);
    *info = NULL;
    return 0;
}

static void
add_taint(GPtrArray *messages, bool tainted, const char *why)
{
    if (tainted)
        g_ptr_array_add(messages, g_strdup_printf("tainted: %s", why));
}

/* What makes a guest less of a guest than its owner may think. */
static void
add_taints(GPtrArray *messages, const Domain *domain, const Definition *definition)
{
    g_autofree char *unused = definition_without_effect(definition);
    g_autofree char *devices =
        g_strdup_printf("devices without effect in a container: %s", unused ? unused : "");

    add_taint(messages, domain->guest && domain->guest->foreign,
              "started by libvirt's own driver; destroy and start it to manage it fully");
    add_taint(messages, definition->uid_map->len == 0,
              "high privileges: root in the guest is root on the host, without <idmap>");
    add_taint(messages, !definition->features.privnet && definition->interfaces->len == 0,
              "the network is the host's: <privnet/> of <features> gives the guest its own");
    add_taint(messages, container_root_is_host(definition),
              "the root directory is the host's: the guest can change every file of the host that "
              "its root may");
    add_taint(messages, unused != NULL, devices);
}

static int
api_domain_get_messages(virDomainPtr handle, char ***ret_messages, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(Reading) reading = { NULL };
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    const Definition *definition;
    Domain *domain;
    int count;

    if (!report_check_flags(flags, MESSAGES_DEPRECATION | MESSAGES_TAINTING | MESSAGES_IOERRORS))
        return -1;
    if (!(domain = domain_read(&reading, handle, ACL(virDomainGetMessagesEnsureACL), &error)) ||
        !(definition = affect_current(domain, &error)))
        return report(error);
    if (!flags || flags & MESSAGES_TAINTING)
        add_taints(messages, domain, definition);
    count = (int)messages->len;
    g_ptr_array_add(messages, NULL);
    g_ptr_array_set_free_func(messages, NULL); /* the texts become the caller's */
    *ret_messages = (char **)g_ptr_array_free(g_steal_pointer(&messages), FALSE);
    return count;
}

static const struct {
    size_t member; /* LifecycleAction of Definition */
    const char *element;
} lifecycles[] = {
    [VIR_DOMAIN_LIFECYCLE_POWEROFF] = { offsetof(Definition, on_poweroff), "on_poweroff" },
    [VIR_DOMAIN_LIFECYCLE_REBOOT] = { offsetof(Definition, on_reboot), "on_reboot" },
    [VIR_DOMAIN_LIFECYCLE_CRASH] = { offsetof(Definition, on_crash), "on_crash" },
};

G_STATIC_ASSERT((int)LIFECYCLE_COREDUMP_RESTART ==
                (int)VIR_DOMAIN_LIFECYCLE_ACTION_COREDUMP_RESTART);

static bool
check_action(unsigned type, unsigned action, GError **error)
{
    if (type >= G_N_ELEMENTS(lifecycles))
        return fail(error, FAILURE_INVALID_ARG, "unknown lifecycle type %u", type);
    if (action == VIR_DOMAIN_LIFECYCLE_ACTION_DESTROY ||
        action == VIR_DOMAIN_LIFECYCLE_ACTION_RESTART)
        return true;
    return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                "lifecycle action %u is not possible for <%s> of a container, of which nothing is "
                "left when it has ended: 'destroy' and 'restart' are",
                action, lifecycles[type].element);
}

static void
set_action(Definition *definition, unsigned type, unsigned action)
{
    if (definition)
        G_STRUCT_MEMBER(LifecycleAction, definition, lifecycles[type].member) =
            (LifecycleAction)action;
}

static int
api_domain_set_lifecycle_action(virDomainPtr handle, unsigned int type, unsigned int action,
                                unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    g_auto(Change) change = { NULL };
    Domain *domain;

    if (!report_check_flags(flags, AFFECT_FLAGS))
        return -1;
    domain = operation_begin(&operation, handle, "set a lifecycle action of",
                             ACL(virDomainSetLifecycleActionEnsureACL), &error);
    if (!domain || !check_action(type, action, &error) ||
        !change_begin(&change, domain, flags, &error))
        return report(error);
    set_action(change.live, type, action);
    set_action(change.config, type, action);
    return change_commit(&change, &error) ? 0 : report(error);
}

/* The files of a domain that has just got its name; those of the name before go last. */
static bool
rename_files(const Domain *renamed, const char *before, GError **error)
{
    g_autoptr(GError) left = NULL;

    if (!store_save_config(renamed->config, error))
        return false;
    if (renamed->autostart && !store_set_autostart(renamed->name, true, error)) {
        store_remove_config(renamed->name, NULL);
        return false;
    }
    if (!store_remove_config(before, &left))
        report_log(before, left);
    return true;
}

static int
api_domain_rename(virDomainPtr handle, const char *name, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    g_autoptr(Domain) renamed = NULL;
    Domain *domain;
    bool good;

    if (!report_check_flags(flags, 0))
        return -1;
    domain = operation_begin(&operation, handle, "rename", ACL(virDomainRenameEnsureACL), &error);
    if (!domain || !domain_expect(domain, DOMAIN_INACTIVE, &error) ||
        !domain_expect(domain, DOMAIN_PERSISTENT, &error) ||
        !(renamed = domains_rename(domain, name, &error)))
        return report(error);
    if ((good = rename_files(renamed, domain->name, &error))) {
        event_lifecycle(domain, -1, VIR_DOMAIN_EVENT_UNDEFINED, VIR_DOMAIN_EVENT_UNDEFINED_RENAMED);
        event_lifecycle(renamed, -1, VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_RENAMED);
    } else {
        g_autoptr(Domain) back = domains_rename(renamed, domain->name, NULL);

        if (back)
            domain_give_busy(back);
    }
    domain_give_busy(renamed);
    return good ? 0 : report(error);
}

/* Takes no busy, like destroy: an operation that hangs must not keep anybody from it. */
static int
api_domain_reset(virDomainPtr handle, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain = NULL;

    if (!report_check_flags(flags, 0))
        return -1;
    domain = domain_reach(handle, ACL(virDomainResetEnsureACL), &error);
    if (!domain || !ending_reset(domain, &error))
        return report(error);
    return 0;
}

const ApiSlot state_api[] = {
    API(domainGetJobInfo, api_domain_get_job_info),
    API(domainGetJobStats, api_domain_get_job_stats),
    API(domainGetIOThreadInfo, api_domain_get_iothread_info),
    API(domainGetMessages, api_domain_get_messages),
    API(domainSetLifecycleAction, api_domain_set_lifecycle_action),
    API(domainRename, api_domain_rename),
    API(domainReset, api_domain_reset),
    { NULL, NULL },
};
