/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The launcher's end: it executes the keeper, which has the same pid and takes over what is open.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "controller/launcher/process.h"
#include "controller/launcher/steps.h"
#include "controller/wire/failure.h"
#include "controller/wire/handover.h"

/* Lets @fd live on in the keeper. */
static int64_t
hand_over(int fd)
{
    if (fd >= 0)
        fcntl(fd, F_SETFD, 0);
    return fd;
}

static void
add_descriptor(KeeperView *view, int fd)
{
    KeeperDescriptor *descriptor = json_new(&keeper_descriptor_type);

    descriptor->fd = hand_over(fd);
    g_ptr_array_add(view->descriptors, descriptor);
}

static KeeperView *
make_view(const Launch *launch)
{
    KeeperView *view;
    int i;

    if (launch->view_connection < 0)
        return NULL;
    view = json_new(&keeper_view_type);
    view->program = hand_over(launch->view_program);
    view->asked = view_has_request(launch);
    view->descriptors = json_array_new(&keeper_descriptor_type);
    add_descriptor(view, launch->view_connection);
    add_descriptor(view, launch->view_session);
    for (i = 0; i < VIEW_GROUP_LAST; i++)
        add_descriptor(view, launch->view_groups[i]);
    return view;
}

static KeeperState *
make_state(Launch *launch, int freezer, int memory)
{
    KeeperState *state = keeper_state_new();
    guint i;

    state->name = g_strdup(launch->container->caisson->name);
    state->init_pid = launch->init;
    state->init_pidfd = hand_over(launch->init_pidfd);
    state->client = hand_over(launch->control);
    state->listener = hand_over(launch->listener);
    state->state_directory = hand_over(launch->state_directory);
    state->definition = hand_over(launch->definition);
    state->freezer = hand_over(freezer);
    state->freezer_version = cgroup_version(launch->layout, CGROUP_FREEZER);
    state->memory = hand_over(memory);
    state->memory_version = cgroup_version(launch->layout, CGROUP_MEMORY);
    state->cgroup = g_strdup(launch->group);
    state->paused = launch->container->caisson->paused;
    state->continue_pending = true;
    state->kmsg = hand_over(launch->kmsg);
    state->view = make_view(launch);
    for (i = 0; i < launch->held->len; i++)
        hand_over((int)((const KeeperHeld *)launch->held->pdata[i])->fd);
    g_ptr_array_unref(state->held);
    state->held = g_ptr_array_ref(launch->held);
    state->notify = hand_over(launch->notify);
    for (i = 0; i < launch->terminals->len; i++) {
        const Terminal *terminal = g_ptr_array_index(launch->terminals, i);
        KeeperConsole *console = json_new(&keeper_console_type);

        console->alias = g_strdup(terminal->alias);
        console->guest = hand_over(terminal->guest);
        console->host = hand_over(terminal->host);
        console->path = g_strdup(terminal->path);
        console->log = hand_over(terminal->log);
        g_ptr_array_add(state->consoles, console);
    }
    return state;
}

bool
keeper_execute(Launch *launch, GError **error)
{
    g_autofree char *limits = g_strconcat(launch->group, "/" CGROUP_LIMITS, NULL);
    g_autofree char *program =
        g_build_filename(launch->program_directory, "libvirt_lxc_keeper", NULL);
    /* tools find controllers by this name and by what follows it */
    g_autofree char *shown = g_build_filename(launch->program_directory, "libvirt_lxc", NULL);
    char *argv[] = { shown, (char *)"--name", launch->container->caisson->name, NULL };
    g_autofree char *trace = launch->trace ? g_strdup("LIBVIRT_LXC_TRACE=1") : NULL;
    char *environment[] = { trace, NULL };
    g_auto(Fd) freezer = cgroup_open(launch->layout, CGROUP_FREEZER, limits, error);
    g_autoptr(GError) unwatched = NULL;
    /* a kernel that cannot tell is no reason against a guest */
    g_auto(Fd) memory = cgroup_watch_memory(launch->layout, limits, &unwatched);
    g_autoptr(KeeperState) state = NULL;
    g_auto(Fd) sealed = -1;

    if (freezer < 0)
        return false;
    state = make_state(launch, freezer, memory);
    if ((sealed = keeper_state_seal(state, error)) < 0)
        return false;
    /* /dev/null has kept HANDOVER_FD free for this */
    if (dup2(HANDOVER_FD, STDIN_FILENO) < 0 || dup2(HANDOVER_FD, STDOUT_FILENO) < 0 ||
        dup2(sealed, HANDOVER_FD) < 0)
        return fail_errno(error, errno, "cannot hand over to the keeper");
    process_reset_signals();
    execve(program, argv, environment);
    return fail_errno(error, errno, "cannot execute '%s'", program);
}
