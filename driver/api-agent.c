/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that a guest's agent answers: the protocol itself, accounts, clock, processors. */
#include <stdlib.h>
#include <string.h>

#include <libvirt/libvirt.h>
#include <libvirt/libvirt-qemu.h>

#include "controller/wire/failure.h"
#include "driver/addresses-network.h"
#include "driver/agent.h"
#include "driver/api.h"
#include "driver/operation.h"
#include "driver/report.h"
#include "driver/shutdown.h"

#define NANOSECONDS 1000000000LL

static int
seconds_of(Domain *domain, int timeout)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    return agent_seconds(domain, timeout);
}

/* Only the driver knows how each init is told. */
static char *
shut_down(Domain *domain, const char *mode, GError **error)
{
    bool reboot = g_strcmp0(mode, "reboot") == 0;
    bool done;

    if (mode && !reboot && !g_str_equal(mode, "powerdown") && !g_str_equal(mode, "halt")) {
        fail(error, FAILURE_INVALID_ARG, "guest-shutdown has no mode '%s'", mode);
        return NULL;
    }
    if (!domain_take_busy(domain, "shut down", error))
        return NULL;
    done = domain_expect(domain, DOMAIN_RUNNING, error) &&
           shutdown_ask(domain, reboot ? INIT_REBOOT : INIT_SHUTDOWN, 0, error);
    domain_give_busy(domain);
    return done ? agent_reply_nothing() : NULL;
}

static char *
answer(Domain *domain, const char *text, int timeout, GError **error)
{
    g_autoptr(AgentCall) call = agent_call_read(text, strlen(text), error);
    g_autofree char *reply = NULL;
    g_autoptr(GError) local = NULL;

    if (!call)
        return NULL;
    if (g_str_equal(call->execute, "guest-shutdown"))
        return shut_down(domain, call->arguments ? call->arguments->mode : NULL, error);
    if (!(reply = agent_converse(domain, text, seconds_of(domain, timeout), error)))
        return NULL;
    if (agent_reply_check(reply, &local))
        return g_steal_pointer(&reply);
    /* in the words that clients of virtual machines look for */
    fail(error, FAILURE_INTERNAL, "unable to execute QEMU agent command '%s': %s", call->execute,
         local->message);
    return NULL;
}

static char *
api_domain_qemu_agent_command(virDomainPtr handle, const char *text, int timeout,
                              unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain = NULL;
    char *reply;

    if (!report_check_flags(flags, 0))
        return NULL;
    if (!(domain = agent_reach(handle, ACL(virDomainQemuAgentCommandEnsureACL), &error)))
        return report_null(error);
    if (timeout < VIR_DOMAIN_QEMU_AGENT_COMMAND_MIN) {
        fail(&error, FAILURE_INVALID_ARG, "an agent timeout is -2, -1 or more, not %d", timeout);
        return report_null(error);
    }
    reply = answer(domain, text, timeout, &error);
    return reply ? reply : report_null(error);
}

static int
api_domain_agent_set_response_timeout(virDomainPtr handle, int timeout, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(Reading) reading = { NULL };
    Domain *domain;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!(domain = domain_read(&reading, handle, ACL(virDomainAgentSetResponseTimeoutEnsureACL),
                               &error)) ||
        !domain_expect(domain, DOMAIN_OURS, &error))
        return report(error);
    if (timeout < VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK) {
        fail(&error, FAILURE_INVALID_ARG, "an agent timeout is -2, -1 or more, not %d", timeout);
        return report(error);
    }
    domain->guest->agent_timeout = 0;
    if (timeout != VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_DEFAULT)
        domain->guest->agent_timeout = agent_seconds(domain, timeout);
    return 0;
}

static int
api_domain_get_time(virDomainPtr handle, long long *seconds, unsigned int *nseconds,
                    unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain = NULL;
    g_autofree char *reply = NULL;
    int64_t now = 0;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!(domain = agent_reach(handle, ACL(virDomainGetTimeEnsureACL), &error)) ||
        !(reply = agent_ask(domain, "guest-get-time", NULL, &error)) ||
        !agent_reply_read_number(reply, &now, &error))
        return report(error);
    *seconds = now / NANOSECONDS;
    *nseconds = now % NANOSECONDS;
    return 0;
}

static int
api_domain_set_time(virDomainPtr handle, long long seconds, unsigned int nseconds,
                    unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain = NULL;

    if (!report_check_flags(flags, VIR_DOMAIN_TIME_SYNC))
        return -1;
    if (!(domain = agent_reach(handle, ACL(virDomainSetTimeEnsureACL), &error)))
        return report(error);
    /* the clocks are one: after a suspension there is nothing to put right */
    if (flags & VIR_DOMAIN_TIME_SYNC)
        return 0;
    fail(&error, FAILURE_OPERATION_UNSUPPORTED,
         "domain '%s' shares the clock of its host: set the time there", domain->name);
    return report(error);
}

static int
api_domain_set_user_password(virDomainPtr handle, const char *user, const char *password,
                             unsigned int flags)
{
    AgentArguments *arguments;
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain = NULL;
    g_autofree char *reply = NULL;

    if (!report_check_flags(flags, VIR_DOMAIN_PASSWORD_ENCRYPTED))
        return -1;
    if (!(domain = agent_reach(handle, ACL(virDomainSetUserPasswordEnsureACL), &error)))
        return report(error);
    arguments = agent_arguments_new();
    arguments->username = g_strdup(user);
    arguments->password = g_base64_encode((const guchar *)password, strlen(password));
    arguments->crypted = flags & VIR_DOMAIN_PASSWORD_ENCRYPTED;
    reply = agent_ask(domain, "guest-set-user-password", arguments, &error);
    return reply ? 0 : report(error);
}

static int
api_domain_authorized_ssh_keys_get(virDomainPtr handle, const char *user, char ***keys,
                                   unsigned int flags)
{
    AgentArguments *arguments;
    AgentKeys *found = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain = NULL;
    g_autofree char *reply = NULL;
    int count;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!(domain = agent_reach(handle, ACL(virDomainAuthorizedSshKeysGetEnsureACL), &error)))
        return report(error);
    arguments = agent_arguments_new();
    arguments->username = g_strdup(user);
    if (!(reply = agent_ask(domain, "guest-ssh-get-authorized-keys", arguments, &error)) ||
        !agent_reply_read(reply, &agent_keys_type, false, (void **)&found, &error))
        return report(error);
    *keys = g_steal_pointer(&found->keys);
    count = *keys ? (int)g_strv_length(*keys) : 0;
    json_free(&agent_keys_type, found);
    return count;
}

static AgentArguments *
keys_arguments(const char *user, const char **keys, unsigned int count)
{
    AgentArguments *arguments = agent_arguments_new();
    unsigned int i;

    arguments->username = g_strdup(user);
    arguments->keys = g_new0(char *, count + 1);
    for (i = 0; i < count; i++)
        arguments->keys[i] = g_strdup(keys[i]);
    return arguments;
}

static int
api_domain_authorized_ssh_keys_set(virDomainPtr handle, const char *user, const char **keys,
                                   unsigned int nkeys, unsigned int flags)
{
    bool removes = flags & VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE;
    bool appends = flags & VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND;
    AgentArguments *arguments;
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain = NULL;
    g_autofree char *reply = NULL;

    if (!report_check_flags(flags, VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND |
                                       VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE))
        return -1;
    if (!(domain = agent_reach(handle, ACL(virDomainAuthorizedSshKeysSetEnsureACL), &error)))
        return report(error);
    if (removes && appends) {
        fail(&error, FAILURE_INVALID_ARG, "keys can be added or removed, not both at once");
        return report(error);
    }
    arguments = keys_arguments(user, keys, nkeys);
    arguments->reset = !removes && !appends;
    reply = agent_ask(
        domain, removes ? "guest-ssh-remove-authorized-keys" : "guest-ssh-add-authorized-keys",
        arguments, &error);
    return reply ? 0 : report(error);
}

static char *
api_domain_get_hostname(virDomainPtr handle, unsigned int flags)
{
    const unsigned int sources = VIR_DOMAIN_GET_HOSTNAME_LEASE | VIR_DOMAIN_GET_HOSTNAME_AGENT;
    AgentHostName *found = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain = NULL;
    char *name;

    if (!report_check_flags(flags, sources))
        return NULL;
    if (flags == sources) {
        fail(&error, FAILURE_INVALID_ARG,
             "a host name has one source: ask for that of the lease or of the agent");
        return report_null(error);
    }
    if (!(domain = agent_reach(handle, ACL(virDomainGetHostnameEnsureACL), &error)))
        return report_null(error);
    if (flags & VIR_DOMAIN_GET_HOSTNAME_LEASE)
        return (name = addresses_leased_host_name(domain, &error)) ? name : report_null(error);
    if (!agent_ask_object(domain, "guest-get-host-name", &agent_host_name_type, (void **)&found,
                          &error))
        return report_null(error);
    name = g_steal_pointer(&found->host_name);
    json_free(&agent_host_name_type, found);
    return name;
}

/* "0-2,5" */
static char *
vcpu_list(const GPtrArray *vcpus, bool offlinable)
{
    g_autoptr(GString) list = g_string_new(NULL);
    guint first = 0;
    guint i;

    for (i = 0; i < vcpus->len; i++) {
        const AgentVcpu *vcpu = vcpus->pdata[i];
        const AgentVcpu *next = i + 1 < vcpus->len ? vcpus->pdata[i + 1] : NULL;
        const AgentVcpu *begin = vcpus->pdata[first];

        if (offlinable || (next && next->logical_id == vcpu->logical_id + 1))
            continue;
        g_string_append_printf(list, "%s%d", list->len ? "," : "", (int)begin->logical_id);
        if (begin != vcpu)
            g_string_append_printf(list, "-%d", (int)vcpu->logical_id);
        first = i + 1;
    }
    return g_string_free(g_steal_pointer(&list), FALSE);
}

static int
api_domain_get_guest_vcpus(virDomainPtr handle, virTypedParameterPtr *params, unsigned int *nparams,
                           unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain = NULL;
    g_autoptr(GPtrArray) vcpus = NULL;
    g_autofree char *online = NULL;
    virTypedParameterPtr list = NULL;
    int room = 0;
    int count = 0;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!(domain = agent_reach(handle, ACL(virDomainGetGuestVcpusEnsureACL), &error)) ||
        !(vcpus = agent_ask_objects(domain, "guest-get-vcpus", &agent_vcpu_type, &error)))
        return report(error);
    online = vcpu_list(vcpus, false);
    if (virTypedParamsAddString(&list, &count, &room, "vcpus", online) < 0 ||
        virTypedParamsAddString(&list, &count, &room, "online", online) < 0 ||
        virTypedParamsAddString(&list, &count, &room, "offlinable", "") < 0) {
        virTypedParamsFree(list, count);
        return -1;
    }
    *params = list;
    *nparams = count;
    return 0;
}

static int
api_domain_set_guest_vcpus(virDomainPtr handle, const char *cpumap, int state, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain = NULL;

    if (!report_check_flags(flags, 0))
        return -1;
    if (!(domain = agent_reach(handle, ACL(virDomainSetGuestVcpusEnsureACL), &error)))
        return report(error);
    fail(&error, FAILURE_OPERATION_UNSUPPORTED,
         "a container cannot switch processors by itself: use setvcpus or vcpupin");
    return report(error);
}

const ApiSlot agent_api[] = {
    API(domainQemuAgentCommand, api_domain_qemu_agent_command),
    API(domainAgentSetResponseTimeout, api_domain_agent_set_response_timeout),
    API(domainGetTime, api_domain_get_time),
    API(domainSetTime, api_domain_set_time),
    API(domainSetUserPassword, api_domain_set_user_password),
    API(domainAuthorizedSSHKeysGet, api_domain_authorized_ssh_keys_get),
    API(domainAuthorizedSSHKeysSet, api_domain_authorized_ssh_keys_set),
    API(domainGetHostname, api_domain_get_hostname),
    API(domainGetGuestVcpus, api_domain_get_guest_vcpus),
    API(domainSetGuestVcpus, api_domain_set_guest_vcpus),
    { NULL, NULL },
};
