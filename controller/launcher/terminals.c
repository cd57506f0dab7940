/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Per console one pty in the guest's own devpts, and one in the host's for whoever opens the
 * console there. The keeper carries bytes between the two masters.
 */
#include "controller/launcher/terminals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "controller/launcher/steps.h"
#include "controller/wire/failure.h"

void
terminal_free(gpointer data)
{
    Terminal *terminal = data;

    fd_close(&terminal->guest);
    fd_close(&terminal->slave);
    fd_close(&terminal->host);
    fd_close(&terminal->log);
    g_free(terminal->path);
    g_free(terminal);
}

static int
slave_open(int master)
{
    int unlocked = 0;

    if (ioctl(master, TIOCSPTLCK, &unlocked) < 0)
        return -1;
    /* by the master and not by name: /dev/pts/N may be anything */
    return ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

/*
 * The host's end is raw: the guest's pty does all the editing. Its slave is opened once and closed
 * again, so that the master reports a hang-up until somebody opens the console.
 */
static bool
open_host(Terminal *terminal, GError **error)
{
    g_auto(Fd) slave = -1;
    struct termios modes;
    unsigned number;

    terminal->host = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (terminal->host < 0)
        return fail_errno(error, errno, "cannot open '/dev/ptmx'");
    if ((slave = slave_open(terminal->host)) < 0 || ioctl(terminal->host, TIOCGPTN, &number) < 0 ||
        tcgetattr(slave, &modes) < 0)
        return fail_errno(error, errno, "cannot set up a pseudo terminal");
    cfmakeraw(&modes);
    if (tcsetattr(slave, TCSANOW, &modes) < 0)
        return fail_errno(error, errno, "cannot make a pseudo terminal raw");
    terminal->path = g_strdup_printf("/dev/pts/%u", number);
    return true;
}

static bool
open_guest(const Launch *launch, Terminal *terminal, GError **error)
{
    terminal->guest = openat(launch->pts, "ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (terminal->guest < 0 || (terminal->slave = slave_open(terminal->guest)) < 0)
        return fail_errno(error, errno, "cannot open a pseudo terminal for the guest");
    if (launch->user_namespace && fchown(terminal->slave, launch->root_uid, -1) < 0)
        return fail_errno(error, errno, "cannot give a pseudo terminal to the guest's root");
    return true;
}

/* No link is followed, and what is no file is not waited for: the place may be one that a guest can
 * write to. */
static bool
open_log(Terminal *terminal, const ContainerConsole *console, GError **error)
{
    struct stat status;

    if (!console->log_file)
        return true;
    terminal->log = open(console->log_file,
                         O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
    if (terminal->log < 0 || fstat(terminal->log, &status) < 0)
        return fail_errno(error, errno, "cannot open the log '%s'", console->log_file);
    if (!S_ISREG(status.st_mode))
        return fail(error, FAILURE_CONFIG_UNSUPPORTED, "the log '%s' is no file",
                    console->log_file);
    if (!console->log_append && ftruncate(terminal->log, 0) < 0)
        return fail_errno(error, errno, "cannot empty the log '%s'", console->log_file);
    return true;
}

/* A terminal of nobody's: what is written comes out as it is, and reading gives nothing. */
static bool
open_kmsg(Launch *launch, GError **error)
{
    struct termios modes;

    launch->kmsg = openat(launch->pts, "ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (launch->kmsg < 0 || (launch->kmsg_slave = slave_open(launch->kmsg)) < 0 ||
        tcgetattr(launch->kmsg_slave, &modes) < 0)
        return fail_errno(error, errno, "cannot open a pseudo terminal for /dev/kmsg");
    cfmakeraw(&modes);
    if (tcsetattr(launch->kmsg_slave, TCSANOW, &modes) < 0 ||
        fchmod(launch->kmsg_slave, 0600) < 0 ||
        fchown(launch->kmsg_slave, launch->root_uid, launch->root_gid) < 0)
        return fail_errno(error, errno, "cannot set up /dev/kmsg");
    return true;
}

bool
terminals_open(Launch *launch, GError **error)
{
    const GPtrArray *consoles = launch->container->caisson->consoles;
    guint i;

    if (consoles->len == 0)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED, "a container needs at least one console");
    if (launch->pts < 0)
        return fail(error, FAILURE_INTERNAL, "the definition has no devpts");
    for (i = 0; i < consoles->len; i++) {
        const ContainerConsole *console = g_ptr_array_index(consoles, i);
        Terminal *terminal = g_new0(Terminal, 1);

        terminal->alias = console->alias;
        terminal->guest = terminal->slave = terminal->host = terminal->log = -1;
        g_ptr_array_add(launch->terminals, terminal);
        if (!open_guest(launch, terminal, error)) {
            g_prefix_error(error, "%s: ", console->alias);
            return false;
        }
    }
    return open_kmsg(launch, error);
}

bool
terminals_connect(Launch *launch, GError **error)
{
    const GPtrArray *consoles = launch->container->caisson->consoles;
    guint i;

    for (i = 0; i < launch->terminals->len; i++) {
        const ContainerConsole *console = g_ptr_array_index(consoles, i);
        Terminal *terminal = g_ptr_array_index(launch->terminals, i);

        if (open_host(terminal, error) && open_log(terminal, console, error))
            continue;
        g_prefix_error(error, "%s: ", console->alias);
        return false;
    }
    return true;
}
