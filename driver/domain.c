/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domains: life of the object, the busy flag, and what is expected of one. */
#include "driver/domain.h"

#include <stdio.h>
#include <string.h>

#include "controller/wire/failure.h"

#define BUSY_WAIT_SECONDS 30

Domain *
domain_new(const char *name, const char *uuid_text)
{
    Domain *domain = g_new0(Domain, 1);

    g_atomic_ref_count_init(&domain->references);
    g_mutex_init(&domain->lock);
    g_cond_init(&domain->changed);
    domain->name = g_strdup(name);
    g_strlcpy(domain->uuid_text, uuid_text, sizeof(domain->uuid_text));
    uuid_from_text(uuid_text, domain->uuid);
    domain->state = VIR_DOMAIN_SHUTOFF;
    domain->reason = VIR_DOMAIN_SHUTOFF_UNKNOWN;
    return domain;
}

Domain *
domain_ref(Domain *domain)
{
    g_atomic_ref_count_inc(&domain->references);
    return domain;
}

void
domain_unref(Domain *domain)
{
    if (!domain || !g_atomic_ref_count_dec(&domain->references))
        return;
    definition_free(domain->config);
    definition_free(domain->live);
    guest_free(domain->guest);
    g_mutex_clear(&domain->lock);
    g_cond_clear(&domain->changed);
    g_free(domain->name);
    g_free(domain);
}

void
guest_free(Guest *guest)
{
    if (!guest)
        return;
    fd_close(&guest->pidfd);
    g_free(guest->cgroup);
    g_clear_pointer(&guest->files, group_files_unref);
    g_clear_pointer(&guest->counters, group_counters_unref);
    g_clear_pointer(&guest->nodes, g_ptr_array_unref);
    g_free(guest);
}

void
uuid_from_text(const char *text, unsigned char uuid[VIR_UUID_BUFLEN])
{
    size_t i;

    for (i = 0; i < VIR_UUID_BUFLEN && *text; text++) {
        if (!g_ascii_isxdigit(text[0]) || !g_ascii_isxdigit(text[1]))
            continue;
        uuid[i++] = g_ascii_xdigit_value(text[0]) << 4 | g_ascii_xdigit_value(text[1]);
        text++;
    }
}

void
uuid_to_text(const unsigned char uuid[VIR_UUID_BUFLEN], char text[VIR_UUID_STRING_BUFLEN])
{
    size_t i;

    for (i = 0; i < VIR_UUID_BUFLEN; i++)
        text += sprintf(text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", uuid[i]);
}

int
domain_id(const Domain *domain)
{
    return domain->guest ? domain->guest->pid : -1;
}

bool
domain_take_busy(Domain *domain, const char *what, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + BUSY_WAIT_SECONDS * G_TIME_SPAN_SECOND;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    while (domain->busy) {
        if (!g_cond_wait_until(&domain->changed, &domain->lock, deadline) && domain->busy)
            return fail(error, FAILURE_OPERATION_TIMEOUT,
                        "cannot %s domain '%s': another operation (%s) has not finished in %d s",
                        what, domain->name, domain->busy_with, BUSY_WAIT_SECONDS);
    }
    if (domain->removed)
        return fail(error, FAILURE_NO_DOMAIN, "no domain with matching uuid '%s' (%s)",
                    domain->uuid_text, domain->name);
    domain->busy = true;
    domain->busy_with = what;
    return true;
}

void
domain_give_busy(Domain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    domain->busy = false;
    domain->busy_with = NULL;
    g_cond_broadcast(&domain->changed);
}

void
domain_set_state(Domain *domain, virDomainState state, int reason)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    domain->state = state;
    domain->reason = reason;
}

bool
domain_expect(const Domain *domain, DomainExpectation expectation, GError **error)
{
    switch (expectation) {
    case DOMAIN_PERSISTENT:
        if (!domain->config)
            return fail(error, FAILURE_OPERATION_INVALID, "domain '%s' is transient", domain->name);
        return true;
    case DOMAIN_INACTIVE:
        if (domain->guest)
            return fail(error, FAILURE_OPERATION_INVALID, "domain '%s' is already running",
                        domain->name);
        return true;
    case DOMAIN_ACTIVE:
    case DOMAIN_RUNNING:
    case DOMAIN_OURS:
        break;
    }
    if (!domain->guest)
        return fail(error, FAILURE_OPERATION_INVALID, "domain is not running: '%s'", domain->name);
    if (expectation != DOMAIN_ACTIVE && domain->guest->foreign)
        return fail(
            error, FAILURE_OPERATION_INVALID,
            "domain '%s' was started by another driver: destroy and start it (a restart) first",
            domain->name);
    if (expectation == DOMAIN_RUNNING && domain->state == VIR_DOMAIN_PAUSED)
        return fail(error, FAILURE_OPERATION_INVALID, "domain '%s' is paused: resume it first",
                    domain->name);
    return true;
}
