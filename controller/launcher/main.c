/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt_lxc: starts one guest, or stands by to do so, and becomes its keeper; or starts others of
 * its kind. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config.h"
#include "controller/launcher/control.h"
#include "controller/launcher/fork-server.h"
#include "controller/launcher/self.h"
#include "controller/wire/failure.h"
#include "controller/wire/handover.h"

typedef struct {
    const char *name;
    const char *standby; /* partition */
    bool fork_server;
    int control;
} Arguments;

static void
print_usage(FILE *stream)
{
    fprintf(stream,
            "Usage: libvirt_lxc --name NAME --control-fd FD\n"
            "       libvirt_lxc --standby PARTITION --control-fd FD\n"
            "       libvirt_lxc --fork-server --control-fd FD\n"
            "\n"
            "Starts the container NAME and keeps it. It is run by libvirt's LXC driver, which\n"
            "says over the socket FD what to start; there is nothing to do by hand.\n"
            "\n"
            "  --name NAME          name of the domain\n"
            "  --standby PARTITION  prepare the start of a domain whose <resource> has this\n"
            "                       <partition>, and wait until there is one\n"
            "  --fork-server        start others of these as copies of itself\n"
            "  --control-fd FD      connected SEQPACKET socket of the daemon\n"
            "  --help               print this and exit\n"
            "  --version            print the version and exit\n");
}

/* Exits for --help, --version and what cannot be understood. */
static void
arguments_parse(int argc, char **argv, Arguments *arguments)
{
    static const struct option options[] = {
        { "name", required_argument, NULL, 'n' },
        { "standby", required_argument, NULL, 's' },
        { "control-fd", required_argument, NULL, 'c' },
        { "fork-server", no_argument, NULL, 'f' },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'V' },
        { NULL },
    };
    char *end;
    int option;

    *arguments = (Arguments){ .control = -1 };
    optind = 0; /* a copy of the server has arguments of its own */
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'n':
            arguments->name = optarg;
            break;
        case 's':
            arguments->standby = optarg;
            break;
        case 'f':
            arguments->fork_server = true;
            break;
        case 'c':
            arguments->control = strtol(optarg, &end, 10);
            if (*end || end == optarg || arguments->control <= STDERR_FILENO) {
                fprintf(stderr, "libvirt_lxc: '%s' is not the number of a passed descriptor\n",
                        optarg);
                exit(EXIT_FAILURE);
            }
            break;
        case 'h':
            print_usage(stdout);
            exit(EXIT_SUCCESS);
        case 'V':
            printf("libvirt_lxc (Caisson) %s\n", CAISSON_VERSION);
            exit(EXIT_SUCCESS);
        default:
            print_usage(stderr);
            exit(EXIT_FAILURE);
        }
    }
    if (!!arguments->name + !!arguments->standby + arguments->fork_server != 1 ||
        arguments->control < 0 || optind < argc) {
        print_usage(stderr);
        exit(EXIT_FAILURE);
    }
}

/*
 * Moves the socket away from HANDOVER_FD and puts /dev/null there, so that no descriptor opened
 * later is where the keeper expects its state.
 */
static int
take_control(int fd, GError **error)
{
    g_auto(Fd) null = open("/dev/null", O_RDWR | O_CLOEXEC);
    g_auto(Fd) control = fcntl(fd, F_DUPFD_CLOEXEC, HANDOVER_FD + 1);
    int type;
    socklen_t size = sizeof(type);

    if (control < 0 || getsockopt(control, SOL_SOCKET, SO_TYPE, &type, &size) < 0 ||
        type != SOCK_SEQPACKET) {
        fail(error, FAILURE_INVALID_ARG, "descriptor %d is not the daemon's socket", fd);
        return -1;
    }
    if (fd != HANDOVER_FD)
        close(fd);
    if (null < 0 || (null != HANDOVER_FD && dup3(null, HANDOVER_FD, O_CLOEXEC) < 0)) {
        fail_errno(error, errno, "cannot open '/dev/null'");
        return -1;
    }
    if (null == HANDOVER_FD)
        fd_steal(&null);
    return fd_steal(&control);
}

static bool
run(Arguments *arguments, char **argv, GError **error)
{
    g_autofree char *directory = NULL;
    g_autoptr(Launch) launch = NULL;
    g_auto(GStrv) copied = NULL;
    g_auto(Fd) control = -1;

    if (!(directory = self_protect(argv, error)) ||
        (control = take_control(arguments->control, error)) < 0)
        return false;
    if (arguments->fork_server) {
        if (!(copied = fork_server_run(control, argv, error)))
            return !*error;
        arguments_parse((int)g_strv_length(copied), copied, arguments);
    }
    launch = launch_new(g_steal_pointer(&directory));
    launch->control = fd_steal(&control);
    if (arguments->standby)
        launch_prepare(launch, arguments->standby);
    if (control_receive_launch(launch, arguments->name, error))
        launch_run(launch, error);
    else if (launch->standby)
        launch_abandon(launch);
    if (!*error)
        return true;
    control_send_error(launch->control, *error);
    return false;
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    Arguments arguments;

    /*
     * g_strerror() converts to UTF-8, for which the C library loads tables and modules by path; in
     * the container those would be the guest's. Messages are ASCII already.
     */
    g_setenv("CHARSET", "UTF-8", TRUE);
    arguments_parse(argc, argv, &arguments);
    if (!run(&arguments, argv, &error)) {
        fprintf(stderr, "libvirt_lxc: %s\n", error->message);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
