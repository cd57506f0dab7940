/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The freezer of cgroup v1 (freezer.state) and v2 (cgroup.freeze, cgroup.events). */
#include "controller/keeper/freezer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

#define PAUSE_FIRST (1 * 1000)
#define PAUSE_LAST  (20 * 1000)
/* v1 can stay FREEZING for good, when a task forks or sleeps at the wrong moment; a new start helps
 */
#define KICK_EVERY (500 * 1000)

static const struct {
    const char *control;
    const char *orders[2]; /* thaw, freeze */
    const char *report;
    const char *words[2];
} files[] = {
    [1] = { "freezer.state", { "THAWED", "FROZEN" }, "freezer.state", { "THAWED", "FROZEN" } },
    [2] = { "cgroup.freeze", { "0", "1" }, "cgroup.events", { "frozen 0", "frozen 1" } },
};

static bool
freezer_order(const Freezer *freezer, bool frozen, GError **error)
{
    const char *file = files[freezer->version].control;
    const char *order = files[freezer->version].orders[frozen];
    g_auto(Fd) fd = openat(freezer->directory, file, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return fail_errno(error, errno, "cannot open '%s' of the guest's control group", file);
    if (write(fd, order, strlen(order)) < 0)
        return fail_errno(error, errno, "cannot write '%s' to '%s' of the guest's control group",
                          order, file);
    return true;
}

static bool
freezer_reached(const Freezer *freezer, bool *ret_reached, GError **error)
{
    const char *file = files[freezer->version].report;
    g_auto(Fd) fd = openat(freezer->directory, file, O_RDONLY | O_CLOEXEC);
    char text[256];
    ssize_t n;

    if (fd < 0)
        return fail_errno(error, errno, "cannot open '%s' of the guest's control group", file);
    if ((n = read(fd, text, sizeof(text) - 1)) < 0)
        return fail_errno(error, errno, "cannot read '%s' of the guest's control group", file);
    text[n] = '\0';
    *ret_reached = strstr(text, files[freezer->version].words[freezer->wish]);
    return true;
}

static void
freezer_end(Freezer *freezer, const GError *error)
{
    freezer->timer.due = 0;
    /* half a suspend is worse than none; half a resume is what the next Thaw completes */
    if (error && freezer->wish)
        freezer_order(freezer, false, NULL);
    freezer->done(freezer->data, freezer->wish, error);
}

/* The version 1 remedy for FREEZING that does not end: thaw and start anew. */
static bool
freezer_kick(Freezer *freezer, gint64 now, GError **error)
{
    if (freezer->version != 1 || !freezer->wish || now < freezer->kick)
        return true;
    freezer->kick = now + KICK_EVERY;
    return freezer_order(freezer, false, error) && freezer_order(freezer, true, error);
}

static void
freezer_check(void *data)
{
    Freezer *freezer = data;
    gint64 now = g_get_monotonic_time();
    g_autoptr(GError) error = NULL;
    bool reached = false;

    if (!freezer_reached(freezer, &reached, &error)) {
        freezer_end(freezer, error);
        return;
    }
    if (reached) {
        freezer_end(freezer, NULL);
        return;
    }
    if (now >= freezer->deadline) {
        fail(&error, FAILURE_OPERATION_TIMEOUT,
             freezer->wish
                 ? "not all tasks of the guest could be suspended within %d seconds; they "
                   "were resumed"
                 : "not all tasks of the guest were resumed within %d seconds; is a group "
                   "above suspended?",
             (int)(FREEZER_PATIENCE / G_USEC_PER_SEC));
        freezer_end(freezer, error);
        return;
    }
    if (!freezer_kick(freezer, now, &error)) {
        freezer_end(freezer, error);
        return;
    }
    freezer->timer.due = now + freezer->pause;
    freezer->pause = MIN(freezer->pause * 2, PAUSE_LAST);
}

bool
freezer_start(Freezer *freezer, bool frozen, GError **error)
{
    gint64 now = g_get_monotonic_time();

    if (freezer->directory < 0)
        return fail(error, FAILURE_OPERATION_UNSUPPORTED,
                    "the guest has no control group that can be suspended");
    if (!freezer_order(freezer, frozen, error))
        return false;
    freezer->wish = frozen;
    freezer->deadline = now + FREEZER_PATIENCE;
    freezer->kick = now + KICK_EVERY;
    freezer->pause = PAUSE_FIRST;
    freezer->timer.expired = freezer_check;
    freezer->timer.data = freezer;
    freezer_check(freezer);
    return true;
}

bool
freezer_release(Freezer *freezer, GError **error)
{
    freezer->timer.due = 0;
    return freezer->directory < 0 || freezer_order(freezer, false, error);
}
