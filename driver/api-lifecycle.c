/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that start, suspend and end guests. */
#include <errno.h>
#include <unistd.h>

#include "controller/wire/failure.h"
#include "driver/abi/log.h"
#include "driver/abi/object.h"
#include "driver/api.h"
#include "driver/claim.h"
#include "driver/controller.h"
#include "driver/domains.h"
#include "driver/events.h"
#include "driver/lifecycle.h"
#include "driver/report.h"
#include "driver/shutdown.h"
#include "driver/store.h"

/* Flags about saved images, firmware and caches say something only of machines: true of every
 * container, so they are taken and have no effect. */
#define START_FLAGS                                                                           \
    (VIR_DOMAIN_START_PAUSED | VIR_DOMAIN_START_AUTODESTROY | VIR_DOMAIN_START_BYPASS_CACHE | \
     VIR_DOMAIN_START_FORCE_BOOT | START_RESET_NVRAM)

/* a constant of libvirt 8.1 and later */
#define START_RESET_NVRAM (1 << 5)

/* a constant of libvirt 8.3 and later */
#define DESTROY_REMOVE_LOGS (1 << 1)

/* For the graceful form of destroy. */
#define GRACEFUL_SECONDS 10

/* Descriptors for init that came with a call. */
typedef struct {
    unsigned int count;
    int *fds;
} Files;

static StartOptions
start_options(virConnectPtr conn, const Files *files, unsigned int flags)
{
    return (StartOptions){
        .paused = flags & VIR_DOMAIN_START_PAUSED,
        .owner = flags & VIR_DOMAIN_START_AUTODESTROY ? conn : NULL,
        .fds = files->fds,
        .n_fds = files->count,
    };
}

static virDomainPtr
create_xml(virConnectPtr conn, const char *xml, const Files *files, Access access,
           unsigned int flags)
{
    StartOptions options = start_options(conn, files, flags);
    DefinitionParseFlags parse = DEFINITION_INACTIVE;
    g_autoptr(GError) error = NULL;
    g_autoptr(Definition) definition = NULL;
    g_auto(Operation) operation = { NULL };
    Domain *domain;

    if (flags & VIR_DOMAIN_START_VALIDATE)
        parse |= DEFINITION_VALIDATE;
    definition = claim_parse(conn, xml, parse, access, &error);
    if (!definition || !(domain = claim_begin(&operation, definition, "create", &error)))
        return report_null(error);
    if (!domain_expect(domain, DOMAIN_INACTIVE, &error) ||
        !launch_start(domain, g_steal_pointer(&definition), &options, &error)) {
        domains_drop_if_gone(domain);
        return report_null(error);
    }
    return domain_handle(conn, domain);
}

static virDomainPtr
api_domain_create_xml(virConnectPtr conn, const char *xml, unsigned int flags)
{
    const Files none = { 0, NULL };

    if (!report_check_flags(flags, START_FLAGS | VIR_DOMAIN_START_VALIDATE))
        return NULL;
    return create_xml(conn, xml, &none, ACL(virDomainCreateXMLEnsureACL), flags);
}

static virDomainPtr
api_domain_create_xml_with_files(virConnectPtr conn, const char *xml, unsigned int count, int *fds,
                                 unsigned int flags)
{
    const Files files = { count, fds };

    if (!report_check_flags(flags, START_FLAGS | VIR_DOMAIN_START_VALIDATE))
        return NULL;
    return create_xml(conn, xml, &files, ACL(virDomainCreateXMLWithFilesEnsureACL), flags);
}

static int
create(virDomainPtr handle, const Files *files, Access access, unsigned int flags)
{
    StartOptions options = start_options(virDomainGetConnect(handle), files, flags);
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    Domain *domain;

    if (!(domain = operation_begin(&operation, handle, "start", access, &error)) ||
        !domain_expect(domain, DOMAIN_INACTIVE, &error) ||
        !domain_expect(domain, DOMAIN_PERSISTENT, &error) ||
        !launch_start(domain, definition_copy(domain->config), &options, &error))
        return report(error);
    object_set_domain_id(handle, domain_id(domain));
    return 0;
}

static int
api_domain_create_with_flags(virDomainPtr handle, unsigned int flags)
{
    const Files none = { 0, NULL };

    if (!report_check_flags(flags, START_FLAGS))
        return -1;
    return create(handle, &none, ACL(virDomainCreateWithFlagsEnsureACL), flags);
}

static int
api_domain_create(virDomainPtr handle)
{
    return api_domain_create_with_flags(handle, 0);
}

static int
api_domain_create_with_files(virDomainPtr handle, unsigned int count, int *fds, unsigned int flags)
{
    const Files files = { count, fds };

    if (!report_check_flags(flags, START_FLAGS))
        return -1;
    return create(handle, &files, ACL(virDomainCreateWithFilesEnsureACL), flags);
}

/* The guest is what it is, written down or not: a full disk makes neither suspend nor resume fail.
 */
static void
save_status(Domain *domain)
{
    g_autoptr(GError) error = NULL;

    if (!store_save_status(domain, &error))
        report_log("the state of a domain is not written down", error);
}

static int
api_domain_suspend(virDomainPtr handle)
{
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    Domain *domain;

    if (!(domain = operation_begin(&operation, handle, "suspend", ACL(virDomainSuspendEnsureACL),
                                   &error)) ||
        !domain_expect(domain, DOMAIN_OURS, &error))
        return report(error);
    if (domain->state == VIR_DOMAIN_PAUSED)
        return 0;
    if (!controller_request(domain, "Freeze", &error))
        return report(error);
    domain_set_state(domain, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER);
    save_status(domain);
    event_lifecycle(domain, domain_id(domain), VIR_DOMAIN_EVENT_SUSPENDED,
                    VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
    return 0;
}

static int
api_domain_resume(virDomainPtr handle)
{
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    Domain *domain;

    if (!(domain = operation_begin(&operation, handle, "resume", ACL(virDomainResumeEnsureACL),
                                   &error)) ||
        !domain_expect(domain, DOMAIN_OURS, &error))
        return report(error);
    if (domain->state == VIR_DOMAIN_RUNNING)
        return 0;
    if (!controller_request(domain, "Thaw", &error))
        return report(error);
    domain_set_state(domain, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNPAUSED);
    save_status(domain);
    event_lifecycle(domain, domain_id(domain), VIR_DOMAIN_EVENT_RESUMED,
                    VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
    return 0;
}

/* What presses a button or asks an agent in a virtual machine: here it is to tell init, by the best
 * way there is. */
#define SHUTDOWN_BEST (VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN | VIR_DOMAIN_SHUTDOWN_GUEST_AGENT)
#define REBOOT_BEST   (VIR_DOMAIN_REBOOT_ACPI_POWER_BTN | VIR_DOMAIN_REBOOT_GUEST_AGENT)

static int
api_domain_shutdown_flags(virDomainPtr handle, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    Domain *domain;

    if (!report_check_flags(flags, SHUTDOWN_BEST | VIR_DOMAIN_SHUTDOWN_INITCTL |
                                       VIR_DOMAIN_SHUTDOWN_SIGNAL))
        return -1;
    domain = operation_begin(&operation, handle, "shut down",
                             ACL_FLAGS(virDomainShutdownFlagsEnsureACL, flags), &error);
    if (!domain || !domain_expect(domain, DOMAIN_RUNNING, &error) ||
        !shutdown_ask(domain, INIT_SHUTDOWN, flags & SHUTDOWN_BEST ? 0 : flags, &error))
        return report(error);
    return 0;
}

static int
api_domain_shutdown(virDomainPtr handle)
{
    return api_domain_shutdown_flags(handle, 0);
}

static int
api_domain_reboot(virDomainPtr handle, unsigned int flags)
{
    g_autoptr(GError) error = NULL;
    g_auto(Operation) operation = { NULL };
    Domain *domain;

    if (!report_check_flags(flags,
                            REBOOT_BEST | VIR_DOMAIN_REBOOT_INITCTL | VIR_DOMAIN_REBOOT_SIGNAL))
        return -1;
    domain = operation_begin(&operation, handle, "reboot",
                             ACL_FLAGS(virDomainRebootEnsureACL, flags), &error);
    if (!domain || !domain_expect(domain, DOMAIN_RUNNING, &error) ||
        !shutdown_ask(domain, INIT_REBOOT, flags & REBOOT_BEST ? 0 : flags, &error))
        return report(error);
    return 0;
}

static bool
check_active(Domain *domain, bool graceful, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    return domain_expect(domain, graceful ? DOMAIN_RUNNING : DOMAIN_ACTIVE, error);
}

/* The log of the controller of a guest that is gone. */
static void
remove_log(const Domain *domain)
{
    g_autofree char *path = g_strdup_printf("%s/%s.log", store_log_directory(), domain->name);

    if (unlink(path) < 0 && errno != ENOENT)
        log_warning("cannot remove '%s': %s", path, g_strerror(errno));
}

/* Takes no busy: an operation that hangs must not keep anybody from ending the guest. */
static int
api_domain_destroy_flags(virDomainPtr handle, unsigned int flags)
{
    bool graceful = flags & VIR_DOMAIN_DESTROY_GRACEFUL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain = NULL;

    if (!report_check_flags(flags, VIR_DOMAIN_DESTROY_GRACEFUL | DESTROY_REMOVE_LOGS))
        return -1;
    domain = domain_reach(handle, ACL(virDomainDestroyFlagsEnsureACL), &error);
    if (!domain || !check_active(domain, graceful, &error))
        return report(error);
    if (!(graceful ? shutdown_wait(domain, GRACEFUL_SECONDS, &error)
                   : ending_destroy(domain, &error)))
        return report(error);
    if (flags & DESTROY_REMOVE_LOGS)
        remove_log(domain);
    return 0;
}

static int
api_domain_destroy(virDomainPtr handle)
{
    return api_domain_destroy_flags(handle, 0);
}

const ApiSlot lifecycle_api[] = {
    API(domainCreateXML, api_domain_create_xml),
    API(domainCreateXMLWithFiles, api_domain_create_xml_with_files),
    API(domainCreate, api_domain_create),
    API(domainCreateWithFlags, api_domain_create_with_flags),
    API(domainCreateWithFiles, api_domain_create_with_files),
    API(domainSuspend, api_domain_suspend),
    API(domainResume, api_domain_resume),
    API(domainShutdown, api_domain_shutdown),
    API(domainShutdownFlags, api_domain_shutdown_flags),
    API(domainReboot, api_domain_reboot),
    API(domainDestroy, api_domain_destroy),
    API(domainDestroyFlags, api_domain_destroy_flags),
    { NULL, NULL },
};
