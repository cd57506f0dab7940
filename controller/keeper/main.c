/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keeper: what the launcher becomes when init runs. It keeps the guest until its end. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/keeper/client.h"
#include "controller/keeper/confine.h"
#include "controller/keeper/control.h"
#include "controller/keeper/ending.h"
#include "controller/keeper/keeper.h"
#include "controller/keeper/log.h"
#include "controller/keeper/memory.h"
#include "controller/keeper/notify.h"
#include "controller/keeper/view.h"
#include "controller/wire/failure.h"
#include "controller/wire/handover.h"
#include "controller/wire/message.h"
#include "controller/wire/view.h"

static bool
state_check(const KeeperState *state, GError **error)
{
    if (state->init_pid <= 0)
        return fail(error, FAILURE_INTERNAL, "init's pid is %d", (int)state->init_pid);
    if (state->freezer >= 0 && state->freezer_version != 1 && state->freezer_version != 2)
        return fail(error, FAILURE_INTERNAL, "freezer version %d is unknown",
                    (int)state->freezer_version);
    if (state->view && state->view->descriptors->len != VIEW_DESCRIPTORS)
        return fail(error, FAILURE_INTERNAL, "the view has %u descriptors",
                    state->view->descriptors->len);
    return true;
}

static bool
consoles_start(Keeper *keeper, GError **error)
{
    GPtrArray *configs = keeper->state->consoles;
    guint i;

    for (i = 0; i < configs->len; i++) {
        Console *console = console_new(&keeper->loop, configs->pdata[i], error);

        if (!console)
            return false;
        g_ptr_array_add(keeper->consoles, console);
    }
    return true;
}

/* The reply to Continue, which the launcher has left to us: from here on we answer. */
static void
inherited_client_start(Keeper *keeper)
{
    g_autoptr(Message) reply = message_new_reply();
    Client *client;

    if (keeper->state->client < 0 || !(client = client_new(keeper, keeper->state->client)))
        return;
    reply->parameters->init_pid = keeper->state->init_pid;
    if (keeper->state->continue_pending)
        client_send(client, reply, NULL, 0);
}

static bool
keeper_start(Keeper *keeper, GError **error)
{
    if (!state_check(keeper->state, error) || !loop_init(&keeper->loop, error))
        return false;
    keeper->phase = keeper->state->paused ? PHASE_PAUSED : PHASE_RUNNING;
    keeper->consoles = g_ptr_array_new_with_free_func((GDestroyNotify)console_free);
    keeper->clients = g_ptr_array_new();
    control_init(keeper);
    view_init(keeper);
    if (!ending_watch(keeper, error) || !notify_watch(keeper, error) ||
        !consoles_start(keeper, error) || !memory_watch(keeper, error) ||
        !kmsg_start(&keeper->kmsg, &keeper->loop, keeper->state->kmsg, error) ||
        !confine(keeper->state, error) || !clients_listen(keeper, error))
        return false;
    inherited_client_start(keeper);
    /* what reading the handover took, also from the middle of the heap */
    malloc_trim(0);
    return true;
}

/* Init dies with us, by its parent-death signal; whoever waits for Continue shall know why. */
static int
keeper_give_up(const KeeperState *state, const GError *error)
{
    g_autoptr(Message) message = message_new_error(error);

    log_line("cannot keep the guest: %s", error->message);
    if (state && state->client >= 0 && state->continue_pending)
        message_send(state->client, message, NULL, 0, 0, NULL);
    return EXIT_FAILURE;
}

int
main(void)
{
    g_autoptr(GError) error = NULL;
    static Keeper keeper;

    /* one small process per guest: give memory back early, and never grow in large steps */
    mallopt(M_TOP_PAD, 4096);
    mallopt(M_TRIM_THRESHOLD, 16 * 1024);
    umask(077);
    prctl(PR_SET_NAME, "libvirt_lxc", 0, 0, 0);
    if (chdir("/") < 0)
        log_line("cannot change to '/': %s", g_strerror(errno));

    if (!(keeper.state = keeper_state_read(HANDOVER_FD, &error)))
        return keeper_give_up(NULL, error);
    close(HANDOVER_FD);
    if (!keeper_start(&keeper, &error) || !loop_run(&keeper.loop, &error))
        return keeper_give_up(keeper.state, error);
    return EXIT_SUCCESS;
}
