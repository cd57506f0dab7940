/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's access checks; every entry point makes one before it touches a domain. */
#include "driver/abi/access.h"

#include "controller/wire/failure.h"
#include "driver/abi/symbols.h"
#include "driver/abi/verify.h"

#include <string.h>

typedef enum {
    SHAPE_CONNECT,
    SHAPE_DOMAIN,
    SHAPE_FLAGS,
} Shape;

typedef struct {
    const char *name;
    Shape shape;
} AccessRow;

typedef int EnsureConnect(virConnectPtr conn);
typedef int EnsureDomain(virConnectPtr conn, const void *definition);
typedef int EnsureFlags(virConnectPtr conn, const void *definition, unsigned int flags);
typedef bool CheckDomain(virConnectPtr conn, const void *definition);

static const AccessRow rows[ACCESS_COUNT] = {
#define ACCESS_CONNECT(name) [ACCESS_PLAIN_##name] = { #name, SHAPE_CONNECT },
#define ACCESS_DOMAIN(name)  [ACCESS_PLAIN_##name] = { #name, SHAPE_DOMAIN },
#define ACCESS_FLAGS(name)   [ACCESS_WITH_FLAGS_##name] = { #name, SHAPE_FLAGS },
#define ACCESS_FILTER(name)
#include "driver/abi/access-list.h"
#undef ACCESS_CONNECT
#undef ACCESS_DOMAIN
#undef ACCESS_FLAGS
#undef ACCESS_FILTER
};

static const char *const filter_names[ACCESS_FILTER_COUNT] = {
#define ACCESS_CONNECT(name)
#define ACCESS_DOMAIN(name)
#define ACCESS_FLAGS(name)
#define ACCESS_FILTER(name) [ACCESS_FILTER_##name] = #name,
#include "driver/abi/access-list.h"
#undef ACCESS_CONNECT
#undef ACCESS_DOMAIN
#undef ACCESS_FLAGS
#undef ACCESS_FILTER
};

/* Addresses already looked up; lists ask once per domain. Writing one twice is harmless. */
static void *functions[ACCESS_COUNT];
static void *filters[ACCESS_FILTER_COUNT];

/* What stands in for libvirt's domain definition: the checks read nothing but id, UUID and name. */
typedef struct {
    void *words[512];
} FakeDefinition;

#define FAKE_NAME_END 0x200

static bool
definition_fake(FakeDefinition *definition, const char *name, const unsigned char *uuid)
{
    DefinitionLayout layout = verify_definition_layout();

    if (!layout.name)
        return false;
    memset(definition, 0, sizeof(*definition));
    /* Every place that a name could have is filled, not only the one that was found. */
    for (gsize offset = layout.uuid + 16; offset < FAKE_NAME_END; offset += sizeof(void *))
        definition->words[offset / sizeof(void *)] = (void *)name;
    memcpy((char *)definition + layout.uuid, uuid, 16);
    return true;
}

static void *
function_find(void **cache, const char *name)
{
    void *function = g_atomic_pointer_get(cache);

    if (!function && (function = symbols_find(name)))
        g_atomic_pointer_set(cache, function);
    return function;
}

static bool
access_denied(GError **error)
{
    return fail(error, FAILURE_ACCESS_DENIED, "access denied");
}

static bool
access_unknown(const char *name, GError **error)
{
    return fail(error, FAILURE_INTERNAL, "access cannot be checked: %s does not work here", name);
}

bool
access_check_connect(virConnectPtr conn, Access access, GError **error)
{
    const AccessRow *row = &rows[access.id];
    void *function = function_find(&functions[access.id], row->name);

    if (row->shape != SHAPE_CONNECT || !function)
        return access_unknown(row->name, error);
    return ((EnsureConnect *)function)(conn) == 0 || access_denied(error);
}

bool
access_check_domain(virConnectPtr conn, Access access, const char *name, const unsigned char *uuid,
                    GError **error)
{
    const AccessRow *row = &rows[access.id];
    void *function = function_find(&functions[access.id], row->name);
    FakeDefinition definition;
    int result;

    if (row->shape == SHAPE_CONNECT || !function || !definition_fake(&definition, name, uuid))
        return access_unknown(row->name, error);
    if (row->shape == SHAPE_FLAGS)
        result = ((EnsureFlags *)function)(conn, &definition, access.flags);
    else
        result = ((EnsureDomain *)function)(conn, &definition);
    return result == 0 || access_denied(error);
}

bool
access_filter_domain(virConnectPtr conn, AccessFilter filter, const char *name,
                     const unsigned char *uuid)
{
    void *function = function_find(&filters[filter], filter_names[filter]);
    FakeDefinition definition;

    return function && definition_fake(&definition, name, uuid) &&
           ((CheckDomain *)function)(conn, &definition);
}

const char *
access_name(AccessId id)
{
    return rows[id].name;
}

const char *
access_filter_name(AccessFilter filter)
{
    return filter_names[filter];
}
