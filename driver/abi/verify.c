/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Proves at run time that the running libvirt has the layout that we rely on. */
#include "driver/abi/verify.h"

#include "controller/wire/failure.h"
#include "driver/abi/slots.h"
#include "driver/abi/symbols.h"

#include <stdio.h>
#include <string.h>

/* One verification and its first result, which is the result for ever. */
typedef struct {
    GMutex lock;
    bool done;
    GError *failure;
} Verdict;

static Verdict definition_verdict;
static Verdict connection_verdict;
static DefinitionLayout layout;

static bool
verdict_keep(Verdict *verdict, GError *failure, GError **error)
{
    verdict->done = true;
    verdict->failure = failure;
    if (failure && error)
        *error = g_error_copy(failure);
    return !failure;
}

static bool
verdict_repeat(const Verdict *verdict, GError **error)
{
    if (verdict->failure && error)
        *error = g_error_copy(verdict->failure);
    return !verdict->failure;
}

/* The definition: libvirt prints "id-name" of one whose every word says where it lies. */

#define FIRST_NAME_WORD 3
#define LAST_NAME_WORD  64

static bool
definition_probe(DefinitionLayout *ret_layout, GError **error)
{
    char names[LAST_NAME_WORD + 1][8];
    void *definition[512] = { NULL };
    g_autofree char *answer = NULL;
    g_autofree char *expected = NULL;
    int id = 0, name = 0;

    if (!symbols_load(error))
        return false;
    for (int word = FIRST_NAME_WORD; word <= LAST_NAME_WORD; word++) {
        g_snprintf(names[word], sizeof(names[word]), "N%d", word);
        definition[word] = names[word];
    }
    for (int word = 0; word < 2 * FIRST_NAME_WORD; word++)
        ((int *)definition)[word] = 100 + word;

    answer = private.virDomainDefGetShortName(definition);
    virResetLastError();
    if (answer && sscanf(answer, "%d-N%d", &id, &name) == 2)
        expected = g_strdup_printf("%d-N%d", id, name);
    if (!expected || strcmp(answer, expected) != 0 || id < 100 || id > 101)
        return fail(error, FAILURE_INTERNAL,
                    "this libvirt keeps id and name of a domain definition where the driver cannot "
                    "find them: the probe was answered '%s' instead of '101-N6' or the like",
                    answer ? answer : "(nothing)");
    ret_layout->id = (gsize)(id - 100) * sizeof(int);
    ret_layout->uuid = ret_layout->id + sizeof(int);
    ret_layout->name = (gsize)name * sizeof(void *);
    return true;
}

bool
verify_definition(GError **error)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&definition_verdict.lock);
    GError *failure = NULL;

    if (definition_verdict.done)
        return verdict_repeat(&definition_verdict, error);
    definition_probe(&layout, &failure);
    return verdict_keep(&definition_verdict, failure, error);
}

DefinitionLayout
verify_definition_layout(void)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&definition_verdict.lock);

    return layout;
}

/* The canary: a table with one live slot at a time behind a connection that nobody uses. */

#define CANARY_ANSWER 4711

typedef int Anchor(void *function, virConnectPtr conn, virDomainPtr domain);

static int
canary_answer(void)
{
    return CANARY_ANSWER;
}

#define ANCHOR(slot, ...)                                                             \
    static int anchor_##slot(void *function, virConnectPtr conn, virDomainPtr domain) \
    {                                                                                 \
        (void)conn;                                                                   \
        (void)domain;                                                                 \
        return ((Slot_##slot *)function)(__VA_ARGS__);                                \
    }

ANCHOR(connectGetMaxVcpus, conn, NULL)
ANCHOR(connectNumOfDomains, conn)
ANCHOR(domainSuspend, domain)
ANCHOR(domainReset, domain, 0)
ANCHOR(domainGetAutostartOnce, domain, &(int){ 0 })
ANCHOR(domainSetAutostartOnce, domain, 1)
ANCHOR(connectIsSecure, conn)
ANCHOR(domainIsUpdated, domain)
ANCHOR(domainAbortJob, domain)
ANCHOR(domainHasManagedSaveImage, domain, 0)
ANCHOR(domainSnapshotNum, domain, 0)
ANCHOR(domainInjectNMI, domain, 0)
ANCHOR(domainFSTrim, domain, NULL, 0, 0)
ANCHOR(domainFSFreeze, domain, NULL, 0, 0)
ANCHOR(domainSetVcpu, domain, "0", 1, 0)
ANCHOR(domainStartDirtyRateCalc, domain, 1, 0)
ANCHOR(domainFDAssociate, domain, "canary", 1, &(int){ 0 }, 0)
ANCHOR(domainGraphicsReload, domain, 0, 0)
ANCHOR(domainDelThrottleGroup, domain, "canary", 0)
ANCHOR(domainAnnounceInterface, domain, "canary", NULL, 0, 0)

/*
 * Public functions that pass a slot's int on unchanged, spread over the table. One that this
 * libvirt lacks is passed over; one newer than 9.0 may also refuse our arguments before it looks
 * into the table, which proves nothing, so only `certain` ones have to answer.
 */
static const struct {
    const char *slot;
    const char *function;
    Anchor *call;
    bool certain;
} anchors[] = {
    { "connectGetMaxVcpus", "virConnectGetMaxVcpus", anchor_connectGetMaxVcpus, true },
    { "connectNumOfDomains", "virConnectNumOfDomains", anchor_connectNumOfDomains, true },
    { "domainSuspend", "virDomainSuspend", anchor_domainSuspend, true },
    { "domainReset", "virDomainReset", anchor_domainReset, true },
    { "domainGetAutostartOnce", "virDomainGetAutostartOnce", anchor_domainGetAutostartOnce, false },
    { "domainSetAutostartOnce", "virDomainSetAutostartOnce", anchor_domainSetAutostartOnce, false },
    { "connectIsSecure", "virConnectIsSecure", anchor_connectIsSecure, true },
    { "domainIsUpdated", "virDomainIsUpdated", anchor_domainIsUpdated, true },
    { "domainAbortJob", "virDomainAbortJob", anchor_domainAbortJob, true },
    { "domainHasManagedSaveImage", "virDomainHasManagedSaveImage", anchor_domainHasManagedSaveImage,
      true },
    { "domainSnapshotNum", "virDomainSnapshotNum", anchor_domainSnapshotNum, true },
    { "domainInjectNMI", "virDomainInjectNMI", anchor_domainInjectNMI, true },
    { "domainFSTrim", "virDomainFSTrim", anchor_domainFSTrim, true },
    { "domainFSFreeze", "virDomainFSFreeze", anchor_domainFSFreeze, true },
    { "domainSetVcpu", "virDomainSetVcpu", anchor_domainSetVcpu, true },
    { "domainStartDirtyRateCalc", "virDomainStartDirtyRateCalc", anchor_domainStartDirtyRateCalc,
      true },
    { "domainFDAssociate", "virDomainFDAssociate", anchor_domainFDAssociate, true },
    { "domainGraphicsReload", "virDomainGraphicsReload", anchor_domainGraphicsReload, false },
    { "domainDelThrottleGroup", "virDomainDelThrottleGroup", anchor_domainDelThrottleGroup, false },
    { "domainAnnounceInterface", "virDomainAnnounceInterface", anchor_domainAnnounceInterface,
      false },
};

typedef struct {
    void *table[SLOTS_CAPACITY];
    virConnectPtr conn;
    virDomainPtr domain;
} Canary;

static bool
canary_answers_at(Canary *canary, gsize anchor, void *function, int index)
{
    void *previous = canary->table[index];
    bool answered;

    canary->table[index] = (void *)canary_answer;
    answered = anchors[anchor].call(function, canary->conn, canary->domain) == CANARY_ANSWER;
    canary->table[index] = previous;
    return answered;
}

static bool
canary_check(Canary *canary, gsize anchor, GError **error)
{
    void *function = symbols_find(anchors[anchor].function);
    int expected = slots_index(anchors[anchor].slot);

    if (!function || expected < 0 || canary_answers_at(canary, anchor, function, expected))
        return true;
    for (int index = 1; index < SLOTS_CAPACITY; index++) {
        if (canary_answers_at(canary, anchor, function, index))
            return fail(error, FAILURE_INTERNAL,
                        "this libvirt calls driver entry %d for %s where the driver expected entry "
                        "%d: update the driver",
                        index, anchors[anchor].function, expected);
    }
    if (!anchors[anchor].certain)
        return true;
    return fail(error, FAILURE_INTERNAL,
                "this libvirt does not call the driver for %s: update the driver",
                anchors[anchor].function);
}

static bool
canary_run(void **driver_field, Canary *canary, GError **error)
{
    static const unsigned char uuid[16] = { 0xca, 0xa1 };
    bool passed = true;
    int supports = slots_index("connectSupportsFeature");

    if (*driver_field)
        return fail(error, FAILURE_INTERNAL,
                    "this libvirt gives a blank connection a driver: update the driver");
    if (!(canary->domain = private.virGetDomain(canary->conn, "canary", uuid, -1)))
        return fail(error, FAILURE_INTERNAL, "libvirt cannot make a domain object");

    canary->table[0] = (void *)"canary";
    canary->table[supports] = (void *)canary_answer; /* FDAssociate asks it first */
    *driver_field = canary->table;
    for (gsize i = 0; passed && i < G_N_ELEMENTS(anchors); i++)
        passed = canary_check(canary, i, error);

    /* Disposal calls connectClose of any driver still there. */
    *driver_field = NULL;
    private.virObjectUnref(canary->domain);
    return passed;
}

/*
 * Offset of our table in @conn, or 0. A connection is at least 0x90 bytes in every release and its
 * first 0x18 are the object's header.
 */
static gsize
driver_offset(virConnectPtr conn, void **table)
{
    gsize found = 0;

    for (gsize offset = 0x18; offset < 0x90; offset += sizeof(void *)) {
        if (*(void **)((char *)conn + offset) != table)
            continue;
        if (found)
            return 0;
        found = offset;
    }
    return found;
}

static bool
connection_probe(virConnectPtr conn, GError **error)
{
    void **table = slots_table();
    g_autofree Canary *canary = g_new0(Canary, 1);
    gsize offset;
    bool passed;

    if (!symbols_load(error))
        return false;
    if (!table || !(offset = driver_offset(conn, table)))
        return fail(
            error, FAILURE_INTERNAL,
            "this libvirt keeps the driver of a connection where it cannot be found: update "
            "the driver");
    if (!(canary->conn = private.virGetConnect()))
        return fail(error, FAILURE_INTERNAL, "libvirt cannot make a connection object");
    passed = canary_run((void **)((char *)canary->conn + offset), canary, error);
    private.virObjectUnref(canary->conn);
    virResetLastError();
    return passed;
}

bool
verify_connection(virConnectPtr conn, GError **error)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&connection_verdict.lock);
    GError *failure = NULL;

    if (connection_verdict.done)
        return verdict_repeat(&connection_verdict, error);
    connection_probe(conn, &failure);
    return verdict_keep(&connection_verdict, failure, error);
}

bool
verify_passed(void)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&connection_verdict.lock);

    return connection_verdict.done && !connection_verdict.failure;
}
