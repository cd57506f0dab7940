/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The controllers that stand by, and their replacement. */
#include "driver/standby.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup/cgroup.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"
#include "driver/fork-server.h"
#include "driver/host.h"
#include "driver/placement.h"
#include "driver/report.h"
#include "driver/spawn.h"

#define PARTITION      "/machine"
#define CLOSE_SECONDS  2
#define REMOVE_SECONDS 1

typedef struct {
    char *emulator;
    char *partition;
    struct stat file; /* of the emulator, when it was executed */
    pid_t pid;
    Fd pidfd;
    Fd socket;
} Standby;

/* What is asked for: the emulator and partition of the last start. */
typedef struct {
    char *emulator;
    char *partition;
} Wish;

static GMutex lock;
static GPtrArray *waiting; /* of Standby *; NULL: closed */
static GThreadPool *refilling;

static gint64
seconds_from_now(int seconds)
{
    return g_get_monotonic_time() + seconds * G_TIME_SPAN_SECOND;
}

static void
standby_free(gpointer data)
{
    Standby *standby = data;

    g_free(standby->emulator);
    g_free(standby->partition);
    fd_close(&standby->pidfd);
    fd_close(&standby->socket);
    g_free(standby);
}

void
standby_remove_groups(const char *partition, pid_t pid)
{
    g_autofree char *group = cgroup_guest_name(partition, pid, "");
    g_autoptr(GError) error = NULL;

    if (!cgroup_remove(host_cgroups(), group, seconds_from_now(REMOVE_SECONDS), &error))
        report_log("group of a controller that stood by", error);
}

/* It ends when it finds its socket closed, having removed its groups; one that was killed has not.
 */
static void
standby_end(Standby *standby)
{
    fd_close(&standby->socket);
    if (!spawn_wait(standby->pidfd, seconds_from_now(CLOSE_SECONDS)))
        spawn_kill(standby->pidfd);
    spawn_wait(standby->pidfd, seconds_from_now(CLOSE_SECONDS));
    spawn_reap(standby->pidfd);
    standby_remove_groups(standby->partition, standby->pid);
    standby_free(standby);
}

static bool
standby_suits(const Standby *standby, const char *emulator, const char *partition)
{
    return g_str_equal(standby->emulator, emulator) && g_str_equal(standby->partition, partition);
}

/* Alive, and of the program that would be executed now. */
static bool
standby_is_current(const Standby *standby)
{
    return !spawn_wait(standby->pidfd, 0) && spawn_is_same_file(standby->emulator, &standby->file);
}

static Standby *
standby_new(const Wish *wish, GError **error)
{
    const char *const argv[] = { wish->emulator,
                                 "--standby",
                                 wish->partition,
                                 "--control-fd",
                                 G_STRINGIFY(SPAWN_CONTROL_FD),
                                 NULL };
    g_auto(Fd) control = -1;
    g_auto(Fd) pidfd = -1;
    struct stat file;
    Standby *standby;
    pid_t pid;

    if (stat(wish->emulator, &file) < 0)
        return fail_errno(error, errno, "cannot examine '%s'", wish->emulator), NULL;
    if (!fork_server_spawn(argv, -1, &pid, &control, error))
        return NULL;
    if ((pidfd = spawn_pidfd(pid)) < 0) {
        fail_errno(error, errno, "cannot follow a controller that stands by");
        fd_close(&control);
        waitpid(pid, NULL, 0);
        return NULL;
    }
    standby = g_new0(Standby, 1);
    standby->emulator = g_strdup(wish->emulator);
    standby->partition = g_strdup(wish->partition);
    standby->file = file;
    standby->pid = pid;
    standby->pidfd = fd_steal(&pidfd);
    standby->socket = fd_steal(&control);
    return standby;
}

/* The first one that no next start can use, taken out. */
static Standby *
take_unwanted(const Wish *wish)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    guint i;

    for (i = 0; waiting && i < waiting->len; i++) {
        Standby *standby = waiting->pdata[i];

        if (!standby_suits(standby, wish->emulator, wish->partition) ||
            !standby_is_current(standby))
            return g_ptr_array_steal_index(waiting, i);
    }
    return NULL;
}

/* Where systemd makes the groups nothing of a guest can be made ahead. */
static bool
is_missing(void)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);

    return waiting && g_str_equal(placement_name(), "direct") &&
           waiting->len < host_settings()->standby_controllers;
}

static void
refill_run(gpointer data, gpointer opaque)
{
    Wish *wish = data;
    g_autoptr(GError) error = NULL;
    Standby *standby;

    while ((standby = take_unwanted(wish)))
        standby_end(standby);
    fork_server_provide(wish->emulator);
    while (is_missing() && (standby = standby_new(wish, &error))) {
        g_mutex_lock(&lock);
        if (waiting)
            g_ptr_array_add(waiting, g_steal_pointer(&standby));
        g_mutex_unlock(&lock);
        if (standby) /* closed meanwhile */
            standby_end(standby);
    }
    if (error)
        report_log("controller that stands by", error);
    g_free(wish->emulator);
    g_free(wish->partition);
    g_free(wish);
}

void
standby_refill(const char *emulator, const char *partition)
{
    Wish *wish;

    if (!host_settings()->standby_controllers)
        return;
    wish = g_new0(Wish, 1);
    wish->emulator = g_strdup(emulator);
    wish->partition = g_strdup(partition);
    g_thread_pool_push(refilling, wish, NULL);
}

bool
standby_take(const char *emulator, const char *partition, pid_t *ret_pid, int *ret_socket)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lock);
    guint i;

    for (i = 0; waiting && i < waiting->len; i++) {
        Standby *standby = waiting->pdata[i];

        if (!standby_suits(standby, emulator, partition) || !standby_is_current(standby))
            continue;
        g_ptr_array_steal_index(waiting, i);
        *ret_pid = standby->pid;
        *ret_socket = fd_steal(&standby->socket);
        standby_free(standby);
        return true;
    }
    return false;
}

/* The name says which process made it; groups of guests have a name in it, too. 0: such a one. */
static pid_t
maker_of(const char *name)
{
    int length = 0;
    int pid;

    return sscanf(name, "lxc-%d.libvirt-lxc%n", &pid, &length) == 1 && length > 0 && !name[length]
               ? pid
               : 0;
}

static void
remove_left(void)
{
    g_autoptr(GPtrArray) groups = cgroup_children(host_cgroups(), CGROUP_FREEZER, PARTITION);
    guint i;

    for (i = 0; i < groups->len; i++) {
        pid_t pid = maker_of(groups->pdata[i]);

        if (pid > 0 && kill(pid, 0) < 0 && errno == ESRCH)
            standby_remove_groups(PARTITION, pid);
    }
}

void
standby_init(void)
{
    remove_left();
    g_mutex_lock(&lock);
    waiting = g_ptr_array_new_with_free_func(standby_free);
    g_mutex_unlock(&lock);
    fork_server_init();
    if (!refilling)
        refilling = g_thread_pool_new(refill_run, NULL, 1, FALSE, NULL);
}

void
standby_close(void)
{
    GPtrArray *ending;
    guint i;

    g_mutex_lock(&lock);
    ending = g_steal_pointer(&waiting);
    g_mutex_unlock(&lock);
    fork_server_close();
    for (i = 0; ending && i < ending->len; i++)
        fd_close(&((Standby *)ending->pdata[i])->socket);
    while (ending && ending->len > 0)
        standby_end(g_ptr_array_steal_index(ending, ending->len - 1));
    g_clear_pointer(&ending, g_ptr_array_unref);
}
