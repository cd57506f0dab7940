/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls on what a container has none of, which clients make of every domain before they do
 * something else: the answer is none. */
#include "controller/wire/failure.h"
#include "driver/api.h"
#include "driver/operation.h"
#include "driver/report.h"

/* bits of all filters of snapshots and checkpoints; libvirt has checked which exclude each other */
#define SNAPSHOT_FLAGS   0x7ffu
#define CHECKPOINT_FLAGS 0x7fu

/* 0 for a domain that is there and that the caller may look at. */
static int
answer_none(virDomainPtr handle, Access access)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Domain) domain = domain_reach(handle, access, &error);

    return domain ? 0 : report(error);
}

static int
api_domain_snapshot_num(virDomainPtr handle, unsigned int flags)
{
    if (!report_check_flags(flags, SNAPSHOT_FLAGS))
        return -1;
    return answer_none(handle, ACL(virDomainSnapshotNumEnsureACL));
}

static int
api_domain_snapshot_list_names(virDomainPtr handle, char **names, int room, unsigned int flags)
{
    if (!report_check_flags(flags, SNAPSHOT_FLAGS))
        return -1;
    return answer_none(handle, ACL(virDomainSnapshotListNamesEnsureACL));
}

static int
api_domain_list_all_snapshots(virDomainPtr handle, virDomainSnapshotPtr **snapshots,
                              unsigned int flags)
{
    if (!report_check_flags(flags, SNAPSHOT_FLAGS))
        return -1;
    if (answer_none(handle, ACL(virDomainListAllSnapshotsEnsureACL)) < 0)
        return -1;
    if (snapshots)
        *snapshots = g_new0(virDomainSnapshotPtr, 1);
    return 0;
}

static int
api_domain_has_current_snapshot(virDomainPtr handle, unsigned int flags)
{
    if (!report_check_flags(flags, 0))
        return -1;
    return answer_none(handle, ACL(virDomainHasCurrentSnapshotEnsureACL));
}

static int
api_domain_list_all_checkpoints(virDomainPtr handle, virDomainCheckpointPtr **checkpoints,
                                unsigned int flags)
{
    if (!report_check_flags(flags, CHECKPOINT_FLAGS))
        return -1;
    if (answer_none(handle, ACL(virDomainListAllCheckpointsEnsureACL)) < 0)
        return -1;
    if (checkpoints)
        *checkpoints = g_new0(virDomainCheckpointPtr, 1);
    return 0;
}

/* Success when there is none, as with machines. */
static int
api_domain_managed_save_remove(virDomainPtr handle, unsigned int flags)
{
    if (!report_check_flags(flags, 0))
        return -1;
    return answer_none(handle, ACL(virDomainManagedSaveRemoveEnsureACL));
}

const ApiSlot absent_api[] = {
    API(domainSnapshotNum, api_domain_snapshot_num),
    API(domainSnapshotListNames, api_domain_snapshot_list_names),
    API(domainListAllSnapshots, api_domain_list_all_snapshots),
    API(domainHasCurrentSnapshot, api_domain_has_current_snapshot),
    API(domainListAllCheckpoints, api_domain_list_all_checkpoints),
    API(domainManagedSaveRemove, api_domain_managed_save_remove),
    { NULL, NULL },
};
