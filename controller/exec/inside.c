/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Identity, directory, terminal, privileges and environment of a command in a guest. */
#include "controller/exec/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "controller/confinement/label.h"
#include "controller/exec/identity.h"
#include "controller/kernel.h"
#include "controller/launcher/steps.h"
#include "controller/mounts/place.h"
#include "controller/wire/failure.h"

/* The definition's own is what systemd wants to see of a container manager; a command that is
 * looked up wants the usual places. */
#define INIT_PATH    "/bin:/sbin"
#define COMMAND_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

bool
confinement_prepare(Confinement *confinement, const ExecPlan *plan, GError **error)
{
    const Container *container = plan->guest->container;

    if ((confinement->filter = filter_open(error)) < 0 ||
        !filter_compile(container->os->seccomp, confinement->filter, error))
        return false;
    /* the host's: the guest's could be anything */
    if (label_is_wanted(container->process) &&
        (confinement->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
        return fail_errno(error, errno, "cannot open '/proc'");
    return true;
}

void
confinement_clear(Confinement *confinement)
{
    fd_close(&confinement->filter);
    fd_close(&confinement->proc);
}

bool
inside_open_terminal(int root, Fd *ret_master, Fd *ret_slave, GError **error)
{
    g_auto(Fd) master = place_open(root, "/dev/pts/ptmx", O_RDWR | O_NOCTTY, error);
    g_auto(Fd) slave = -1;
    struct statfs status;
    int unlock = 0;

    if (master < 0)
        return false;
    if (fstatfs(master, &status) < 0 || status.f_type != DEVPTS_SUPER_MAGIC)
        return fail(error, FAILURE_SYSTEM, "the guest has no terminals at /dev/pts");
    if (ioctl(master, TIOCSPTLCK, &unlock) < 0 ||
        (slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0)
        return fail_errno(error, errno, "cannot open a terminal of the guest");
    *ret_master = fd_steal(&master);
    *ret_slave = fd_steal(&slave);
    return true;
}

static bool
arrange_descriptors(const ExecPlan *plan, int slave, GError **error)
{
    int wanted[] = { slave >= 0 ? slave : plan->input, slave >= 0 ? slave : plan->output,
                     slave >= 0 ? slave : plan->errors };
    int fd;

    if (slave >= 0 && ioctl(slave, TIOCSCTTY, 0) < 0)
        return fail_errno(error, errno, "cannot take the terminal");
    for (fd = 0; fd < 3; fd++) {
        /* above all three, so that none overwrites what another one needs */
        if ((wanted[fd] = fcntl(wanted[fd], F_DUPFD_CLOEXEC, 3)) < 0)
            return fail_errno(error, errno, "cannot arrange descriptors");
    }
    for (fd = 0; fd < 3; fd++) {
        if (dup2(wanted[fd], fd) < 0)
            return fail_errno(error, errno, "cannot arrange descriptors");
    }
    return true;
}

static bool
enter_directory(const ExecPlan *plan, const Identity *identity, int root, GError **error)
{
    const char *path = plan->directory ? plan->directory : identity->home;
    g_auto(Fd) directory =
        place_open(root, path, O_PATH | O_DIRECTORY, plan->directory ? error : NULL);

    if (directory >= 0 && fchdir(directory) == 0)
        return true;
    if (plan->directory)
        return directory < 0 || fail_errno(error, errno, "cannot enter the directory '%s'", path);
    return fchdir(root) == 0 || fail_errno(error, errno, "cannot enter the guest's root directory");
}

static bool
is_mapped(const GPtrArray *mappings, uint64_t id)
{
    guint i;

    for (i = 0; i < mappings->len; i++) {
        const ContainerIdMapping *range = mappings->pdata[i];

        if (id >= range->container_id && id - range->container_id < range->size)
            return true;
    }
    return mappings->len == 0;
}

/* Groups outside of the id map do not exist for the guest. */
static void
drop_unmapped_groups(GArray *groups, const GPtrArray *mappings)
{
    guint i = groups->len;

    while (i-- > 0) {
        if (!is_mapped(mappings, g_array_index(groups, gid_t, i)))
            g_array_remove_index(groups, i);
    }
}

/* By the code that did it for init. */
static bool
drop_privileges(const ExecPlan *plan, const Identity *identity, GError **error)
{
    Container *container = plan->guest->container;
    Launch launch = {
        .container = container,
        .user_namespace = container->os->uid_mappings->len > 0,
        .uid = identity->uid,
        .gid = identity->gid,
        .groups = identity->groups,
    };

    if (!is_mapped(container->os->uid_mappings, identity->uid) ||
        !is_mapped(container->os->gid_mappings, identity->gid))
        return fail(error, FAILURE_INVALID_ARG,
                    "user %u, group %u: the guest's user namespace has no such id", identity->uid,
                    identity->gid);
    drop_unmapped_groups(identity->groups, container->os->gid_mappings);
    return privileges_drop(&launch, error);
}

static char **
add_entries(char **environment, char *const *entries)
{
    for (; entries && *entries; entries++) {
        g_auto(GStrv) pair = g_strsplit(*entries, "=", 2);

        if (pair[0] && *pair[0] && pair[1])
            environment = g_environ_setenv(environment, pair[0], pair[1], TRUE);
    }
    return environment;
}

static char **
make_environment(const ExecPlan *plan, const Identity *identity)
{
    char **environment = add_entries(NULL, plan->guest->container->process->env);
    const char *path = g_environ_getenv(environment, "PATH");

    if (!path || g_str_equal(path, INIT_PATH))
        environment = g_environ_setenv(environment, "PATH", COMMAND_PATH, TRUE);
    environment = g_environ_setenv(environment, "HOME", identity->home, TRUE);
    environment = g_environ_setenv(environment, "SHELL", identity->shell, TRUE);
    if (identity->name) {
        environment = g_environ_setenv(environment, "USER", identity->name, TRUE);
        environment = g_environ_setenv(environment, "LOGNAME", identity->name, TRUE);
    }
    return add_entries(environment, plan->environment);
}

static void
execute(const ExecPlan *plan, char **environment, GError **error)
{
    const ContainerPersonality *wanted = plan->guest->container->os->personality;
    int saved;

    if (wanted && g_strcmp0(wanted->domain, "LINUX32") == 0 && personality(PER_LINUX32) < 0) {
        fail_errno(error, errno, "cannot become a 32-bit process");
        return;
    }
    environ = environment; /* where execvpe() finds PATH */
    execvpe(plan->args[0], plan->args, environment);
    saved = errno;
    if (saved == ENOENT)
        fail(error, FAILURE_NO_SOURCE, "cannot execute '%s': the guest has no such command",
             plan->args[0]);
    else
        fail_errno(error, saved, "cannot execute '%s'", plan->args[0]);
}

void
inside_execute(const ExecPlan *plan, int root, int slave, const Confinement *confinement,
               GError **error)
{
    g_auto(Identity) identity = { NULL };
    g_auto(GStrv) environment = NULL;

    if (setsid() < 0) {
        fail_errno(error, errno, "cannot start a session");
        return;
    }
    if (!identity_find(&identity, root, plan->user, error))
        return;
    /* as login does; a terminal that cannot be given is still good for root */
    if (slave >= 0 && identity.uid != 0 && fchown(slave, identity.uid, -1) < 0) {
        fail_errno(error, errno, "cannot give the terminal to user %u", identity.uid);
        return;
    }
    if (!arrange_descriptors(plan, slave, error) || !enter_directory(plan, &identity, root, error))
        return;
    environment = make_environment(plan, &identity);
    /* the filter first, as for init: it takes CAP_SYS_ADMIN; the label last, when ids are final */
    if (filter_install(confinement->filter, error) && drop_privileges(plan, &identity, error) &&
        label_request(plan->guest->container->process, confinement->proc, error))
        execute(plan, environment, error);
}
