/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs pasta. */
#include "controller/network/passt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/network/link.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

#define PROGRAM "/usr/bin/pasta"

#define WAIT_MS 10000
#define STEP_US 2000

/* @parent: with which it ends; 0: nobody. */
G_NORETURN static void
execute(char **argv, pid_t parent)
{
    static char *const environment[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };

    /* it goes with the keeper, which will be the process that we are a child of */
    if (parent) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(EXIT_FAILURE);
    }
    /* it takes a signal that is ignored already for a failure */
    signal(SIGPIPE, SIG_DFL);
    execve(PROGRAM, argv, environment);
    _exit(EXIT_FAILURE);
}

/* The namespace goes by a file: the program closes what it inherits, and may not look into /proc of
 * others. */
static GPtrArray *
arguments(const Network *network, const ContainerInterface *interface)
{
    GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
    const char *const words[] = { PROGRAM, "--foreground",   "--quiet", "--stderr", "--runas",
                                  "0",     "--no-netns-quit" };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(words); i++)
        g_ptr_array_add(argv, g_strdup(words[i]));
    g_ptr_array_add(argv, g_strdup("--netns"));
    g_ptr_array_add(argv, g_strdup(network->path));
    g_ptr_array_add(argv, g_strdup("--ns-ifname"));
    g_ptr_array_add(argv, g_strdup(interface->name));
    if (interface->mac) {
        g_ptr_array_add(argv, g_strdup("--ns-mac-addr"));
        g_ptr_array_add(argv, g_strdup(interface->mac));
    }
    if (interface->mtu) {
        g_ptr_array_add(argv, g_strdup("--mtu"));
        g_ptr_array_add(argv, g_strdup_printf("%u", (unsigned)interface->mtu));
    }
    for (i = 0; interface->arguments && interface->arguments[i]; i++)
        g_ptr_array_add(argv, g_strdup(interface->arguments[i]));
    g_ptr_array_add(argv, NULL);
    return argv;
}

static bool
await_link(const Network *network, const ContainerInterface *interface, pid_t child, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + WAIT_MS * G_TIME_SPAN_MILLISECOND;
    bool configures = interface->addresses->len == 0;
    Link link;

    while (link_find(network->guest, interface->name, &link) != 0 || (configures && !link.up)) {
        if (waitpid(child, NULL, WNOHANG) != 0)
            return fail(error, FAILURE_OPERATION_FAILED,
                        "'" PROGRAM "' has ended at once; the domain's log has its words");
        if (g_get_monotonic_time() > deadline) {
            kill(child, SIGKILL);
            waitpid(child, NULL, 0);
            return fail(error, FAILURE_OPERATION_TIMEOUT,
                        "'" PROGRAM "' has not made the interface in %d s", WAIT_MS / 1000);
        }
        g_usleep(STEP_US);
    }
    return true;
}

bool
passt_start(const Network *network, const ContainerInterface *interface, GError **error)
{
    g_autoptr(GPtrArray) argv = arguments(network, interface);
    pid_t parent = network->running ? 0 : getpid();
    pid_t child;

    if (access(PROGRAM, X_OK) < 0)
        return fail(error, FAILURE_CONFIG_UNSUPPORTED,
                    "'" PROGRAM
                    "' is not installed on the host; install passt, or use another type "
                    "of interface");
    if ((child = fork()) == 0)
        execute((char **)argv->pdata, parent);
    if (child < 0)
        return fail_errno(error, errno, "cannot create a process");
    return await_link(network, interface, child, error);
}

/* Whether @option is followed by @value among the words, which end with an empty one. */
static bool
has_option(const char *words, const char *end, const char *option, const char *value)
{
    for (; words < end; words += strlen(words) + 1) {
        const char *next = words + strlen(words) + 1;

        if (g_str_equal(words, option))
            return next < end && g_str_equal(next, value);
    }
    return false;
}

/* A process of a guest's own could say the same, but is in another namespace. */
static bool
is_program(const Network *network, const ContainerInterface *interface, const char *pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/cmdline", pid);
    g_autofree char *theirs = g_strdup_printf("/proc/%s/ns/pid", pid);
    g_autofree char *words = NULL;
    struct stat their_space;
    struct stat own_space;
    gsize length;

    return g_file_get_contents(path, &words, &length, NULL) && g_str_equal(words, PROGRAM) &&
           has_option(words, words + length, "--netns", network->path) &&
           has_option(words, words + length, "--ns-ifname", interface->name) &&
           stat(theirs, &their_space) == 0 && stat("/proc/self/ns/pid", &own_space) == 0 &&
           their_space.st_ino == own_space.st_ino;
}

static bool
end(int pidfd, GError **error)
{
    struct pollfd poll_for = { .fd = pidfd, .events = POLLIN };

    if (syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
        return fail_errno(error, errno, "cannot end '" PROGRAM "'");
    return poll(&poll_for, 1, WAIT_MS) == 1 ||
           fail(error, FAILURE_OPERATION_TIMEOUT,
                "'" PROGRAM "' has not ended in %d s: end it by hand", WAIT_MS / 1000);
}

bool
passt_stop(const Network *network, const ContainerInterface *interface, GError **error)
{
    g_autoptr(GDir) processes = g_dir_open("/proc", 0, NULL);
    const char *name;

    while (processes && (name = g_dir_read_name(processes))) {
        g_auto(Fd) pidfd = -1;

        /* the descriptor first: what is looked at then is what is ended */
        if (!g_ascii_isdigit(*name) || (pidfd = syscall(SYS_pidfd_open, atoi(name), 0)) < 0 ||
            !is_program(network, interface, name))
            continue;
        return end(pidfd, error);
    }
    return true;
}
