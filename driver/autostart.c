/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts guests when the host has booted, in order and side by side. */
#include "driver/autostart.h"

#include <pthread.h>
#include <signal.h>

#include "controller/wire/failure.h"
#include "driver/abi/boot-marker.h"
#include "driver/domains.h"
#include "driver/lifecycle.h"
#include "driver/report.h"
#include "driver/store.h"

/* A start is mostly waiting for the kernel; more at once only take each other's time. */
#define STARTS_AT_ONCE 8

typedef struct {
    Domain *domain;    /* reference */
    uint64_t priority; /* UINT64_MAX: last */
} Candidate;

static void
candidate_clear(gpointer candidate)
{
    domain_unref(((Candidate *)candidate)->domain);
}

/* Whether the domain is to be started; a mark for one start is used up by that. */
static bool
is_wanted(Domain *domain)
{
    bool once = store_get_autostart_once(domain->name);
    g_autoptr(GError) error = NULL;

    if (once && !store_set_autostart_once(domain->name, false, &error))
        report_log(domain->name, error);
    return once || domain->autostart;
}

static void
start_one(gpointer data, gpointer opaque)
{
    StartOptions options = { 0 };
    g_autoptr(GError) error = NULL;
    Domain *domain = data;

    if (!domain_take_busy(domain, "autostart", &error)) {
        report_log(domain->name, error);
        return;
    }
    if (domain->config && !domain_is_active(domain) && is_wanted(domain) &&
        !launch_start(domain, definition_copy(domain->config), &options, &error))
        report_log(domain->name, error);
    domain_give_busy(domain);
}

static gint
compare(gconstpointer one, gconstpointer other)
{
    uint64_t left = ((const Candidate *)one)->priority;
    uint64_t right = ((const Candidate *)other)->priority;

    return left < right ? -1 : left > right;
}

/* All that could be wanted, in order of priority. */
static GArray *
candidates_new(void)
{
    g_autoptr(GPtrArray) all = domains_all();
    GArray *candidates = g_array_new(FALSE, FALSE, sizeof(Candidate));
    guint i;

    g_array_set_clear_func(candidates, candidate_clear);
    for (i = 0; i < all->len; i++) {
        Domain *domain = all->pdata[i];
        Candidate candidate = { domain, UINT64_MAX };

        g_mutex_lock(&domain->lock);
        if (domain->config && domain->config->caisson.autostart_priority)
            candidate.priority = domain->config->caisson.autostart_priority;
        g_mutex_unlock(&domain->lock);
        domain_ref(domain);
        g_array_append_val(candidates, candidate);
    }
    g_array_sort(candidates, compare);
    return candidates;
}

static gpointer
autostart_run(gpointer opaque)
{
    g_autoptr(GArray) candidates = candidates_new();
    guint i = 0;

    while (i < candidates->len) {
        uint64_t priority = g_array_index(candidates, Candidate, i).priority;
        GThreadPool *pool = g_thread_pool_new(start_one, NULL, STARTS_AT_ONCE, TRUE, NULL);

        for (; i < candidates->len && g_array_index(candidates, Candidate, i).priority == priority;
             i++)
            g_thread_pool_push(pool, g_array_index(candidates, Candidate, i).domain, NULL);
        g_thread_pool_free(pool, FALSE, TRUE); /* waits for all of them */
    }
    return NULL;
}

void
autostart_begin(void)
{
    g_autoptr(GError) error = NULL;
    sigset_t every;
    sigset_t before;
    bool first = false;

    if (!boot_marker_claim(store_state_directory(), &first, &error))
        report_log("autostart", error);
    if (!first)
        return;
    /* threads of the pool inherit this: the daemon's signals go to its own */
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    g_thread_unref(g_thread_new("lxc-autostart", autostart_run, NULL));
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}
