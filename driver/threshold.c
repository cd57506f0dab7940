/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The thread that looks how much room guests take. */
#include "driver/threshold.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "controller/wire/failure.h"
#include "driver/events.h"

#define INTERVAL G_USEC_PER_SEC

typedef struct {
    Domain *domain; /* reference */
    pid_t pid;      /* of the guest */
    char *device;
    char *path;
    bool directory;
    uint64_t bytes;
} Threshold;

static GMutex lock; /* of all that follows; never held while a domain's is taken */
static GCond added;
static GPtrArray *thresholds; /* of Threshold *; NULL: the thread is not there yet */

static void
threshold_free(gpointer data)
{
    Threshold *threshold = data;

    domain_unref(threshold->domain);
    g_free(threshold->device);
    g_free(threshold->path);
    g_free(threshold);
}

/* What is taken on the host; -1 with errno. */
static int
look(const char *path, bool directory, uint64_t *ret_bytes)
{
    struct statfs space;
    struct stat status;

    if (directory) {
        if (statfs(path, &space) < 0)
            return -1;
        *ret_bytes = (uint64_t)(space.f_blocks - space.f_bfree) * (uint64_t)space.f_frsize;
        return 0;
    }
    if (stat(path, &status) < 0)
        return -1;
    *ret_bytes = (uint64_t)status.st_blocks * 512;
    return 0;
}

static bool
has_ended(const Threshold *threshold)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&threshold->domain->lock);

    return domain_id(threshold->domain) != threshold->pid;
}

/* Whether nobody needs to look at it again. */
static bool
is_done(const Threshold *threshold)
{
    uint64_t bytes;

    if (has_ended(threshold))
        return true;
    if (look(threshold->path, threshold->directory, &bytes) < 0 || bytes < threshold->bytes)
        return false;
    event_block_threshold(threshold->domain, threshold->device, threshold->path, threshold->bytes,
                          bytes - threshold->bytes);
    return true;
}

static Threshold *
threshold_copy(const Threshold *threshold)
{
    Threshold *copy = g_new0(Threshold, 1);

    *copy = *threshold;
    copy->domain = domain_ref(threshold->domain);
    copy->device = g_strdup(threshold->device);
    copy->path = g_strdup(threshold->path);
    return copy;
}

static gint
find(const Domain *domain, const char *device)
{
    guint i;

    for (i = 0; thresholds && i < thresholds->len; i++) {
        const Threshold *threshold = thresholds->pdata[i];

        if (threshold->domain == domain && g_str_equal(threshold->device, device))
            return (gint)i;
    }
    return -1;
}

/* Takes away what was looked at, unless it has been set anew meanwhile. */
static void
remove_done(const Threshold *done)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    gint at = find(done->domain, done->device);
    const Threshold *threshold = at >= 0 ? thresholds->pdata[at] : NULL;

    if (threshold && threshold->pid == done->pid && threshold->bytes == done->bytes)
        g_ptr_array_remove_index(thresholds, (guint)at);
}

static void
wait_for_work(void)
{
    g_mutex_lock(&lock);
    while (thresholds->len == 0)
        g_cond_wait(&added, &lock);
    g_mutex_unlock(&lock);
}

static GPtrArray *
copy_all(void)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    GPtrArray *all = g_ptr_array_new_with_free_func(threshold_free);
    guint i;

    for (i = 0; i < thresholds->len; i++)
        g_ptr_array_add(all, threshold_copy(thresholds->pdata[i]));
    return all;
}

static gpointer
run(gpointer opaque)
{
    for (;;) {
        g_autoptr(GPtrArray) all = NULL;
        guint i;

        wait_for_work();
        all = copy_all();
        for (i = 0; i < all->len; i++) {
            if (is_done(all->pdata[i]))
                remove_done(all->pdata[i]);
        }
        g_clear_pointer(&all, g_ptr_array_unref);
        g_usleep(INTERVAL);
    }
    return NULL;
}

/* With the lock held. The daemon's signals go to its own threads. */
static void
begin(void)
{
    sigset_t all;
    sigset_t before;

    thresholds = g_ptr_array_new_with_free_func(threshold_free);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    g_thread_unref(g_thread_new("lxc-threshold", run, NULL));
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

bool
threshold_set(Domain *domain, const ThresholdPlace *place, uint64_t bytes, GError **error)
{
    g_autoptr(GMutexLocker) locker = NULL;
    const Threshold wanted = {
        domain, domain->guest->pid, (char *)place->device, (char *)place->path, place->directory,
        bytes,
    };
    uint64_t now;
    gint at;

    if (look(place->path, place->directory, &now) < 0)
        return fail_errno(error, errno, "cannot look at '%s', which is '%s' of domain '%s'",
                          place->path, place->device, domain->name);
    locker = g_mutex_locker_new(&lock);
    if (!thresholds)
        begin();
    if ((at = find(domain, place->device)) >= 0)
        g_ptr_array_remove_index(thresholds, (guint)at);
    if (bytes > 0) {
        g_ptr_array_add(thresholds, threshold_copy(&wanted));
        g_cond_signal(&added);
    }
    return true;
}

uint64_t
threshold_get(const Domain *domain, pid_t pid, const char *device)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    gint at = find(domain, device);
    const Threshold *threshold = at < 0 ? NULL : thresholds->pdata[at];

    return threshold && threshold->pid == pid ? threshold->bytes : 0;
}
