/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two ways to a guest's files. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "controller/agent/agent.h"
#include "controller/wire/failure.h"

int
agent_look(Agent *agent, GError **error)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/root", agent->guest->pid);
    g_auto(Fd) root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

    /* alive after the root was opened: then the pid was not another process's */
    if (root < 0 || !guest_is_alive(agent->guest)) {
        fail(error, FAILURE_OPERATION_INVALID, "the guest has ended");
        return -1;
    }
    return fd_steal(&root);
}

int
agent_enter(Agent *agent, GError **error)
{
    int root;

    /* no pid namespace: nothing in the guest can name this process */
    if (!guest_join(agent->guest, CLONE_NEWUSER | CLONE_NEWNS, error))
        return -1;
    if ((root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
        fail_errno(error, errno, "cannot open the guest's root directory");
    return root;
}
