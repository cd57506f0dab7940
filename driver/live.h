/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices of a running guest come, go and change. The table of kinds is in live.c; each kind that
 * can do any of it has a file of its own, live-<name>.c. A kind works on the guest and the host;
 * definitions, aliases, events and files are the caller's.
 */
#pragma once

#include "controller/wire/message.h"
#include "driver/domain.h"
#include "driver/worker.h"
#include "xml/device.h"

typedef struct {
    Domain *domain;       /* borrowed; busy is held, and the guest is ours and runs or is paused */
    Definition *live;     /* the copy that is being changed, without @device or with it; borrowed */
    const char *group;    /* control group with the guest's limits */
    Device *device;       /* what comes or goes, with its alias; of an update: what it becomes */
    const Device *before; /* of an update: what there is, with its alias */
} LiveChange;

/*
 * Each does all of its work or none. NULL: cannot be done while the guest runs. @attach and @update
 * may fill in what only a running guest has (device_contents()). Each also undoes another: when the
 * change cannot be recorded, @detach follows on @attach, @attach on @detach, and @update on @update
 * with both devices exchanged.
 */
typedef struct {
    const char *name; /* of the element: "disk" */
    bool (*attach)(LiveChange *change, GError **error);
    bool (*detach)(LiveChange *change, GError **error);
    bool (*update)(LiveChange *change, GError **error);
} LiveKind;

extern const LiveKind live_disk;
extern const LiveKind live_filesystem;
extern const LiveKind live_hostdev;
extern const LiveKind live_interface;

/*
 * These change the guest and change->live; false: neither. An attached device gets its alias, a
 * detached one is to be of device_find(). Errors beside those of device.h and of the kind:
 * FAILURE_CONFIG_UNSUPPORTED or, of an update, FAILURE_OPERATION_UNSUPPORTED for what the kind
 * cannot do.
 */
bool live_attach(LiveChange *change, GError **error);
bool live_detach(LiveChange *change, GError **error);
bool live_update(LiveChange *change, GError **error);

/* Takes back what one of them did to the guest; what cannot be is logged. change->live stays. */
void live_undo_attach(LiveChange *change);
void live_undo_detach(LiveChange *change);
void live_undo_update(LiveChange *change);

/* What is done in a guest takes milliseconds, unless the guest means harm. */
#define LIVE_SECONDS 20

/*
 * For kinds: has a worker do @words (a verb and its arguments, ending with NULL) to the guest, in
 * LIVE_SECONDS. The verb gets init's pidfd as descriptor 0 and @fds (GArray of int, NULL: none)
 * from 1 on. See worker_call().
 */
Message *live_work(LiveChange *change, const char *const *words, const GArray *fds, GError **error);

/* The same for a verb that works on device nodes (DeviceNode *). */
bool live_work_nodes(LiveChange *change, const char *const *words, const GPtrArray *nodes,
                     GError **error);

/* Puts who reads an image for the guest, process @pid (0: nobody), with its controller. */
void live_adopt_server(const LiveChange *change, pid_t pid);
