/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A start in progress: what the steps share. The launcher fills it; the container's process is a
 * copy of the launcher and so has a copy of it, with the same descriptors.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "cgroup/cgroup.h"
#include "controller/wire/container.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/view.h"

/* A console: a pty of the guest and one of the host, joined by the keeper. */
typedef struct {
    const char *alias; /* borrowed from the definition */
    Fd guest;          /* master in the guest's devpts */
    Fd slave;          /* the guest's end of it */
    Fd host;           /* master of the host's pty */
    Fd log;            /* file for the output; -1: none */
    char *path;        /* "/dev/pts/6", slave of .host */
} Terminal;

/* A hierarchy as the guest will see it. */
typedef struct {
    const CgroupHierarchy *hierarchy; /* borrowed from the layout */
    Fd entrance; /* v1: "tasks" of the guest's group, through which its init moves itself; else -1
                  */
    Fd tree;     /* the guest's group as a detached mount; -1: not wanted */
} GroupView;

typedef struct {
    Container *container;
    GArray *passed;          /* of int: descriptors for init */
    Fd control;              /* the daemon's socket */
    Fd definition;           /* the sealed memfd that .container was read from */
    char *program_directory; /* where the keeper lies */
    char *standby;           /* partition for which it was prepared ahead; NULL: it was not */
    bool trace;              /* print what each step takes */
    bool reset;              /* nothing is left that the process inherited from the daemon */

    Fd state_directory;
    Fd listener;

    Fd root;   /* the guest's root: detached, later mounted */
    Fd *trees; /* one per mount of the definition: detached mounts prepared on the host's side, or
                  -1 */
    Fd pts;    /* the guest's devpts, borrowed from trees */
    Fd filled; /* a byte comes, or the end, when the guest's /dev is complete; init to be reads it
                */
    Fd fill;   /* the other end; -1: it is complete */
    GPtrArray *terminals; /* of Terminal * */
    Fd kmsg;              /* master of the terminal that the guest has for /dev/kmsg */
    Fd kmsg_slave;        /* the guest's end of it */
    GPtrArray *nodes;     /* of DeviceNode *: of the domain's devices */
    GPtrArray *held;      /* of KeeperHeld *: descriptors that the keeper keeps open */
    GArray *servers;      /* of pid_t: children that read images, until their devices are closed */

    /* of int, one per interface that was made: index of its end on the host, 0: it has none */
    GArray *links;

    CgroupLayout *layout;
    char *group;      /* "/machine/lxc-41-x.libvirt-lxc", or a scope; NULL: not yet known */
    bool ahead;       /* it was made before it was known for whom, where that can be done */
    char *position;   /* groups the launcher came from; NULL: it has not moved */
    GPtrArray *views; /* of GroupView * */
    Fd moved; /* at its end when the launcher has been moved in the v2 hierarchy; -1: it is not */
    Fd birthplace; /* the guest's group in the v2 hierarchy, into which init is born; -1: none */

    Fd filter; /* of the guest's system calls; -1: none is wanted */
    Fd proc;   /* the host's /proc, for a label; -1: none is wanted */

    Fd notify; /* where the guest's systemd says that it is ready; -1: it is not asked */
    Fd clock;  /* the way back from the guest's time namespace; -1: none is needed */
    Fd reaper; /* the program that is process 1 instead of init, read-only; -1: init itself is */

    Fd view_tree;       /* the view of /proc and /sys as a detached mount; -1: none is wanted */
    Fd view_connection; /* the server's end of it */
    Fd view_session;    /* memfd of its ViewSession */
    ViewSession *view;  /* what is in it; NULL: no view */
    Fd view_program;    /* O_PATH */
    Fd view_groups[VIEW_GROUP_LAST];

    bool user_namespace;
    uid_t root_uid; /* who the guest's root is on the host */
    gid_t root_gid;

    Fd network;    /* a namespace made ahead; -1: none */
    pid_t init;    /* as the host sees it */
    Fd init_pidfd; /* -1: no init yet */
    Fd sync;       /* between launcher and init, see sync.h */
    bool named;    /* the error says already which step it is of */

    /* in the container only: who init runs as */
    uid_t uid;
    gid_t gid;
    GArray *groups; /* of gid_t */
} Launch;

/* All descriptors -1. Takes @program_directory over. */
Launch *launch_new(char *program_directory);
void launch_free(Launch *launch);

/*
 * Makes ahead what does not depend on the guest, for one in @partition. What fails is said and left
 * to launch_run(). Once it has begun, launch_run() or launch_abandon() must follow.
 */
void launch_prepare(Launch *launch, const char *partition);
void launch_abandon(Launch *launch);

/* What is to be launched. Takes @container and @passed over. */
void launch_define(Launch *launch, Container *container, GArray *passed);

/*
 * Runs all steps; returns only on failure, after everything has been undone. In the end the process
 * is the keeper.
 */
void launch_run(Launch *launch, GError **error);

/* The container's side of it, in the process that becomes init; does not return. */
G_NORETURN void launch_run_container(Launch *launch);

/* Whether the guest has its own namespace of @type ("network"), rather than joining one or sharing.
 */
bool launch_owns_namespace(const Launch *launch, const char *type);

/* @id of the guest as the host sees it; @id itself without a user namespace; -1 when it has none.
 */
int64_t launch_host_id(const Launch *launch, const GPtrArray *mappings, int64_t id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Launch, launch_free)
