/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Access checks against libvirt's own, with and without an access manager that allows. */
#include "driver/abi/access.h"
#include "driver/abi/slots.h"
#include "driver/abi/symbols.h"
#include "driver/abi/verify.h"
#include "controller/wire/failure.h"

#include <libvirt/virterror.h>
#include <string.h>

#define CONNECTION_DRIVER 0x50

typedef void *AccessManagerNew(const char *name);
typedef void AccessManagerSetDefault(void *manager);

static const unsigned char uuid[16] = "0123456789abcde";
static virConnectPtr conn;

/* Checks of calls newer than 9.0 come and go with their public function. */
static bool
check_is_expected(const char *name)
{
    g_autofree char *function = g_strndup(name, strlen(name) - strlen("EnsureACL"));

    return symbols_find(function) || g_str_has_prefix(function, "virDomainQemu") ||
           g_str_has_prefix(function, "virConnectDomainQemu") ||
           g_str_equal(function, "virDomainLxcOpenNamespace") || g_str_has_suffix(function, "Fd") ||
           strstr(function, "Ssh") || strstr(function, "Sev") ||
           g_str_has_suffix(function, "FdAssociate");
}

static void
test_names(void)
{
    for (int id = 0; id < ACCESS_COUNT; id++) {
        g_assert_nonnull(access_name((AccessId)id));
        g_assert_true(g_str_has_suffix(access_name((AccessId)id), "EnsureACL"));
        if (check_is_expected(access_name((AccessId)id)) &&
            !symbols_find(access_name((AccessId)id)))
            g_error("libvirt has no %s", access_name((AccessId)id));
    }
    for (int filter = 0; filter < ACCESS_FILTER_COUNT; filter++) {
        g_assert_true(g_str_has_suffix(access_filter_name((AccessFilter)filter), "CheckACL"));
        g_assert_nonnull(symbols_find(access_filter_name((AccessFilter)filter)));
    }
    g_assert_cmpstr(access_name(ACL(virDomainSuspendEnsureACL).id), ==,
                    "virDomainSuspendEnsureACL");
    g_assert_cmpstr(access_name(ACL_FLAGS(virDomainGetXMLDescEnsureACL, 3).id), ==,
                    "virDomainGetXMLDescEnsureACL");
}

static void
test_denied_unprobed(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(access_check_domain(conn, ACL(virDomainSuspendEnsureACL), "web", uuid, &error));
    g_assert_error(error, FAILURE, FAILURE_INTERNAL);
    g_assert_false(
        access_filter_domain(conn, FILTER(virConnectListAllDomainsCheckACL), "web", uuid));
    g_assert_true(verify_definition(NULL));
}

static void
test_denied(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(access_check_connect(conn, ACL(virConnectGetVersionEnsureACL), &error));
    g_assert_error(error, FAILURE, FAILURE_ACCESS_DENIED);
    g_assert_nonnull(virGetLastError());
    g_clear_error(&error);
    virResetLastError();
    g_assert_false(access_check_domain(conn, ACL(virDomainSuspendEnsureACL), "web", uuid, &error));
    g_assert_error(error, FAILURE, FAILURE_ACCESS_DENIED);
    g_assert_nonnull(virGetLastError());
    virResetLastError();
}

static void
test_allowed(void)
{
    g_autoptr(GError) error = NULL;
    AccessManagerNew *manager_new = (AccessManagerNew *)symbols_find("virAccessManagerNew");
    AccessManagerSetDefault *set_default =
        (AccessManagerSetDefault *)symbols_find("virAccessManagerSetDefault");

    g_assert_nonnull(manager_new);
    g_assert_nonnull(set_default);
    set_default(manager_new("none"));
    g_assert_true(access_check_connect(conn, ACL(virConnectGetVersionEnsureACL), &error));
    g_assert_true(access_check_domain(conn, ACL(virDomainSuspendEnsureACL), "web", uuid, &error));
    g_assert_true(access_check_domain(
        conn, ACL_FLAGS(virDomainGetXMLDescEnsureACL, VIR_DOMAIN_XML_SECURE), "web", uuid, &error));
    g_assert_no_error(error);
    g_assert_true(
        access_filter_domain(conn, FILTER(virConnectListAllDomainsCheckACL), "web", uuid));
}

static void
test_wrong_object(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(access_check_connect(conn, ACL(virDomainSuspendEnsureACL), &error));
    g_assert_error(error, FAILURE, FAILURE_INTERNAL);
    g_clear_error(&error);
    g_assert_false(
        access_check_domain(conn, ACL(virConnectGetVersionEnsureACL), "web", uuid, &error));
    g_assert_error(error, FAILURE, FAILURE_INTERNAL);
}

int
main(int argc, char **argv)
{
    static const ApiSlot *const tables[] = { NULL };

    g_test_init(&argc, &argv, NULL);
    g_assert_true(symbols_load(NULL));
    g_assert_cmpint(virInitialize(), ==, 0);
    conn = private.virGetConnect();
    *(void **)((char *)conn + CONNECTION_DRIVER) = slots_build("LXC", tables, NULL);

    g_test_add_func("/abi/access/every check of the list is in this libvirt", test_names);
    g_test_add_func("/abi/access/a domain is denied before the definition probe",
                    test_denied_unprobed);
    g_test_add_func("/abi/access/without an access manager all is denied and reported",
                    test_denied);
    g_test_add_func("/abi/access/the manager that allows all lets every shape pass", test_allowed);
    g_test_add_func("/abi/access/a check of the wrong object denies", test_wrong_object);
    return g_test_run();
}
