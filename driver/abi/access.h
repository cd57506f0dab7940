/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's access checks; every entry point makes one before it touches a domain. */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>

/* One constant per check; the shape is in its name, so that the wrong macro does not compile. */
typedef enum {
#define ACCESS_CONNECT(name) ACCESS_PLAIN_##name,
#define ACCESS_DOMAIN(name)  ACCESS_PLAIN_##name,
#define ACCESS_FLAGS(name)   ACCESS_WITH_FLAGS_##name,
#define ACCESS_FILTER(name)
#include "driver/abi/access-list.h"
#undef ACCESS_CONNECT
#undef ACCESS_DOMAIN
#undef ACCESS_FLAGS
#undef ACCESS_FILTER
    ACCESS_COUNT
} AccessId;

typedef enum {
#define ACCESS_CONNECT(name)
#define ACCESS_DOMAIN(name)
#define ACCESS_FLAGS(name)
#define ACCESS_FILTER(name) ACCESS_FILTER_##name,
#include "driver/abi/access-list.h"
#undef ACCESS_CONNECT
#undef ACCESS_DOMAIN
#undef ACCESS_FLAGS
#undef ACCESS_FILTER
    ACCESS_FILTER_COUNT
} AccessFilter;

/* A check as a value. */
typedef struct {
    AccessId id;
    unsigned int flags; /* of the call, or its source; 0 if the check does not look at them */
} Access;

/* ACL(virDomainSuspendEnsureACL) */
#define ACL(name) ((Access){ ACCESS_PLAIN_##name, 0 })

/* ACL_FLAGS(virDomainGetXMLDescEnsureACL, flags); also for the source of InterfaceAddresses */
#define ACL_FLAGS(name, value) ((Access){ ACCESS_WITH_FLAGS_##name, (value) })

/* FILTER(virConnectListAllDomainsCheckACL) */
#define FILTER(name) (ACCESS_FILTER_##name)

/*
 * Whether the caller on @conn may do @access, which must be of a connection (first) or of the
 * domain @name/@uuid (second). FAILURE_ACCESS_DENIED: libvirt has reported it; FAILURE_INTERNAL:
 * it could not be asked, which denies as well. verify_definition() must have passed.
 */
bool access_check_connect(virConnectPtr conn, Access access, GError **error);
bool access_check_domain(virConnectPtr conn, Access access, const char *name,
                         const unsigned char *uuid, GError **error);

/* Whether the domain may appear in a list for the caller on @conn. Reports nothing. */
bool access_filter_domain(virConnectPtr conn, AccessFilter filter, const char *name,
                          const unsigned char *uuid);

/* libvirt's name of a check or filter, for messages and tests */
const char *access_name(AccessId id);
const char *access_filter_name(AccessFilter filter);
