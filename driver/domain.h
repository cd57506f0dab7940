/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A domain: what is defined, what runs, and the one rule of locking.
 *
 * The lock protects the fields and is never held across anything that sleeps (a request to the
 * controller, a hook, a file, another daemon). The busy flag serialises whatever changes a domain
 * and is held across all of that. Only the holder of busy changes fields, and it takes the lock to
 * do so; hence it may read them without the lock. Readers take the lock only. Lock order: set of
 * domains, then domain.
 */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <sys/types.h>

#include "cgroup/counters.h"
#include "cgroup/group-files.h"
#include "controller/wire/descriptor.h"
#include "xml/definition.h"

/* What exists only while a domain is active. */
typedef struct {
    pid_t pid;               /* launcher, then keeper: the domain id */
    Fd pidfd;                /* of pid */
    pid_t init_pid;          /* host pid of init; 0 until prepared */
    char *cgroup;            /* "/machine/lxc-41-x.libvirt-lxc" */
    GroupFiles *files;       /* of the group with its figures; NULL: nobody has asked yet */
    GroupCounters *counters; /* of performance events; NULL: none */
    GPtrArray *nodes; /* of DeviceNode *: what its disks and devices of the host are in its /dev */
    virConnectPtr
        owner;         /* AUTODESTROY: destroyed when this connection closes; never dereferenced */
    bool foreign;      /* a guest of the stock driver: watched and destroyable, nothing else */
    bool destroyed;    /* destroy was called: how it ends is no crash */
    bool reset;        /* reset was called: it is destroyed and started again */
    bool rebooting;    /* reboot was called for an init that only exits */
    bool failed;       /* the controller was lost or start failed */
    int agent_timeout; /* seconds an answer of its agent may take; 0: the default */
    gint64 started;    /* g_get_monotonic_time() at which init ran */
} Guest;

typedef struct {
    gatomicrefcount references;
    GMutex lock;
    GCond changed; /* signalled when busy is given back and when the guest has ended */
    bool busy;
    const char *busy_with; /* what holds busy, for "timed out: another operation (start) …" */
    bool removed;          /* no longer in the set: a handle that was looked up just before */

    char *name;                          /* constant */
    unsigned char uuid[VIR_UUID_BUFLEN]; /* constant */
    char uuid_text[VIR_UUID_STRING_BUFLEN];

    Definition *config; /* persistent definition; NULL: transient */
    /* definition of the running guest; without a guest only while it is started or ends, and of a
     * transient domain that has ended */
    Definition *live;
    Guest *guest; /* NULL: inactive */
    bool autostart;
    bool updated; /* config was redefined since the guest started */
    virDomainState state;
    int reason;   /* of the state */
    int restarts; /* automatic restarts that followed one another quickly */
} Domain;

/* A new inactive domain (state SHUTOFF, reason UNKNOWN) with one reference. */
Domain *domain_new(const char *name, const char *uuid_text);
Domain *domain_ref(Domain *domain);
void domain_unref(Domain *domain);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Domain, domain_unref)

/* With the lock or busy held: */
static inline bool
domain_is_active(const Domain *domain)
{
    return domain->guest != NULL;
}

/* The definition a caller means: that of the guest, if there is one, else the persistent one. */
static inline Definition *
domain_current(const Domain *domain)
{
    return domain->guest || !domain->config ? domain->live : domain->config;
}

/* The definition of the next start: config, or for a transient domain the live one. */
static inline Definition *
domain_next(const Domain *domain)
{
    return domain->config ? domain->config : domain->live;
}

/* id as clients see it: pid of the controller, -1 when inactive. With the lock or busy held. */
int domain_id(const Domain *domain);

/*
 * Takes busy for @what ("suspend"); waits up to 30 s, then FAILURE_OPERATION_TIMEOUT. A domain that
 * has left the set meanwhile: FAILURE_NO_DOMAIN. The lock must not be held.
 */
bool domain_take_busy(Domain *domain, const char *what, GError **error);
void domain_give_busy(Domain *domain);

/* Sets state and reason under the lock. The caller holds busy. */
void domain_set_state(Domain *domain, virDomainState state, int reason);

typedef enum {
    DOMAIN_ACTIVE,  /* running or paused */
    DOMAIN_RUNNING, /* not paused */
    DOMAIN_INACTIVE,
    DOMAIN_PERSISTENT,
    DOMAIN_OURS, /* active, and not a guest of the stock driver */
} DomainExpectation;

/* FAILURE_OPERATION_INVALID with libvirt's words ("domain is not running") when it does not hold.
 * DOMAIN_RUNNING and DOMAIN_OURS refuse foreign guests, which must be restarted first;
 * DOMAIN_ACTIVE does not. Holds with the lock or busy. */
bool domain_expect(const Domain *domain, DomainExpectation expectation, GError **error);

void guest_free(Guest *guest);

/* The 16 bytes of a uuid in text form, with or without dashes; and the lower-case dashed form. */
void uuid_from_text(const char *text, unsigned char uuid[VIR_UUID_BUFLEN]);
void uuid_to_text(const unsigned char uuid[VIR_UUID_BUFLEN], char text[VIR_UUID_STRING_BUFLEN]);
