/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls about a connection and the hypervisor behind it. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "controller/wire/failure.h"
#include "driver/abi/access.h"
#include "driver/abi/node.h"
#include "driver/abi/verify.h"
#include "driver/api.h"
#include "driver/host.h"
#include "driver/lifecycle.h"
#include "driver/plugin.h"
#include "driver/report.h"

static int
api_connect_uri_probe(char **uri)
{
    *uri = plugin_expect_active(NULL) ? g_strdup("lxc:///system") : NULL;
    return 0;
}

static bool
check_path(virConnectPtr conn, GError **error)
{
    g_autofree char *path = NULL;
    char *uri = virConnectGetURI(conn);
    bool split = uri && g_uri_split(uri, G_URI_FLAGS_ENCODED, NULL, NULL, NULL, NULL, &path, NULL,
                                    NULL, NULL);

    free(uri);
    if (!split)
        return fail(error, FAILURE_INTERNAL, "the connection has no valid URI: use lxc:///system");
    if (*path && !g_str_equal(path, "/") && !g_str_equal(path, "/system"))
        return fail(error, FAILURE_INTERNAL, "unexpected LXC URI path '%s': use lxc:///system",
                    path);
    return true;
}

static int
api_connect_open(virConnectPtr conn, virConnectAuthPtr auth, void *conf, unsigned int flags)
{
    g_autoptr(GError) error = NULL;

    if (!report_check_flags(flags, VIR_CONNECT_RO))
        return OPEN_ERROR;
    if (!plugin_expect_active(&error) || !verify_connection(conn, &error) ||
        !check_path(conn, &error) ||
        !access_check_connect(conn, ACL(virConnectOpenEnsureACL), &error)) {
        report(error);
        return OPEN_ERROR;
    }
    plugin_autostart();
    return OPEN_SUCCESS;
}

static int
api_connect_close(virConnectPtr conn)
{
    if (plugin_expect_active(NULL))
        ending_connection_closed(conn);
    return 0;
}

static int
api_connect_supports_feature(virConnectPtr conn, int feature)
{
    g_autoptr(GError) error = NULL;
    int supported;

    if (!access_check_connect(conn, ACL(virConnectSupportsFeatureEnsureACL), &error))
        return report(error);
    return node_feature_is_global(feature, &supported) ? supported : 0;
}

static const char *
api_connect_get_type(virConnectPtr conn)
{
    g_autoptr(GError) error = NULL;

    if (!access_check_connect(conn, ACL(virConnectGetTypeEnsureACL), &error))
        return report_null(error);
    return "LXC";
}

/* The kernel is the hypervisor. */
static int
api_connect_get_version(virConnectPtr conn, unsigned long *version)
{
    g_autoptr(GError) error = NULL;
    struct utsname names;
    unsigned major = 0;
    unsigned minor = 0;
    unsigned patch = 0;

    if (!access_check_connect(conn, ACL(virConnectGetVersionEnsureACL), &error))
        return report(error);
    uname(&names);
    if (sscanf(names.release, "%u.%u.%u", &major, &minor, &patch) < 2) {
        fail(&error, FAILURE_INTERNAL, "kernel release '%s' is no version", names.release);
        return report(error);
    }
    /* three digits each; stable kernels have gone beyond 255 but not beyond 999 */
    *version = major * 1000000UL + minor * 1000UL + MIN(patch, 999);
    return 0;
}

/* The name the resolver has for this host, when its own name has no domain. */
static char *
canonical_name(const char *name)
{
    struct addrinfo hints = { .ai_flags = AI_CANONNAME, .ai_family = AF_UNSPEC };
    struct addrinfo *found = NULL;
    char *canonical = NULL;

    if (strchr(name, '.') || g_str_has_prefix(name, "localhost"))
        return g_strdup(name);
    if (getaddrinfo(name, NULL, &hints, &found) == 0 && found->ai_canonname &&
        !g_str_has_prefix(found->ai_canonname, "localhost"))
        canonical = g_strdup(found->ai_canonname);
    if (found)
        freeaddrinfo(found);
    return canonical ? canonical : g_strdup(name);
}

static char *
api_connect_get_hostname(virConnectPtr conn)
{
    g_autoptr(GError) error = NULL;
    char name[HOST_NAME_MAX + 1] = "";

    if (!access_check_connect(conn, ACL(virConnectGetHostnameEnsureACL), &error))
        return report_null(error);
    if (gethostname(name, sizeof(name) - 1) < 0) {
        fail_errno(&error, errno, "cannot read the host's name");
        return report_null(error);
    }
    return canonical_name(name);
}

static char *
api_connect_get_sysinfo(virConnectPtr conn, unsigned int flags)
{
    g_autoptr(GError) error = NULL;

    if (!report_check_flags(flags, 0))
        return NULL;
    if (!access_check_connect(conn, ACL(virConnectGetSysinfoEnsureACL), &error))
        return report_null(error);
    return node_sysinfo();
}

static int
api_connect_get_max_vcpus(virConnectPtr conn, const char *type)
{
    g_autoptr(GError) error = NULL;

    if (!access_check_connect(conn, ACL(virConnectGetMaxVcpusEnsureACL), &error))
        return report(error);
    if (type && g_ascii_strcasecmp(type, "lxc") != 0) {
        fail(&error, FAILURE_INVALID_ARG, "unknown domain type '%s': containers are of type 'lxc'",
             type);
        return report(error);
    }
    return sysconf(_SC_NPROCESSORS_CONF);
}

static char *
api_connect_get_capabilities(virConnectPtr conn)
{
    g_autoptr(GError) error = NULL;
    char *xml;

    if (!access_check_connect(conn, ACL(virConnectGetCapabilitiesEnsureACL), &error) ||
        !(xml = host_capabilities(&error)))
        return report_null(error);
    return xml;
}

static int
api_connect_is_encrypted(virConnectPtr conn)
{
    return 0;
}

/* Nothing leaves the host between the daemon and a container. */
static int
api_connect_is_secure(virConnectPtr conn)
{
    return 1;
}

static int
api_connect_is_alive(virConnectPtr conn)
{
    return 1;
}

const ApiSlot connect_api[] = {
    API(connectURIProbe, api_connect_uri_probe),
    API(connectOpen, api_connect_open),
    API(connectClose, api_connect_close),
    API(connectSupportsFeature, api_connect_supports_feature),
    API(connectGetType, api_connect_get_type),
    API(connectGetVersion, api_connect_get_version),
    API(connectGetHostname, api_connect_get_hostname),
    API(connectGetSysinfo, api_connect_get_sysinfo),
    API(connectGetMaxVcpus, api_connect_get_max_vcpus),
    API(connectGetCapabilities, api_connect_get_capabilities),
    API(connectIsEncrypted, api_connect_is_encrypted),
    API(connectIsSecure, api_connect_is_secure),
    API(connectIsAlive, api_connect_is_alive),
    { NULL, NULL },
};
