/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt_lxc_exec: runs a command in a running container. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "config.h"
#include "controller/exec/exec.h"
#include "controller/exec/relay.h"
#include "controller/launcher/self.h"
#include "controller/wire/failure.h"

#define STATE_DIRECTORY RUNSTATEDIR "/lxc"
#define START_SECONDS   30

/* As shells and other runtimes tell these apart from what a command itself returns. */
enum { STATUS_OURS = 125, STATUS_CANNOT_EXECUTE = 126, STATUS_NOT_FOUND = 127 };

typedef struct {
    const char *name;
    char **args;
    char **environment;
    const char *user;
    const char *directory;
    bool terminal;
} Arguments;

static void
print_usage(FILE *stream)
{
    fprintf(stream,
            "Usage: libvirt_lxc_exec [OPTION …] NAME [--] COMMAND [ARGUMENT …]\n"
            "\n"
            "Runs COMMAND in the running container NAME: in its namespaces, within its limits and\n"
            "with no more rights than its init has. COMMAND ends when this program does.\n"
            "\n"
            "  -u, --user USER[:GROUP]  names in the container's own files, or numbers; root\n"
            "  -d, --directory DIR      working directory; the user's home\n"
            "  -e, --env NAME=VALUE     adds to the environment that init was given\n"
            "  -t, --tty                a terminal of the container's, as for a shell\n"
            "  -h, --help               print this and exit\n"
            "  -V, --version            print the version and exit\n"
            "\n"
            "Exit status: that of COMMAND, 128 + N when signal N has killed it, 125 when the\n"
            "container cannot be entered, 126 when COMMAND cannot be executed, 127 when there is\n"
            "none of that name.\n");
}

static void
add_environment(Arguments *arguments, const char *entry)
{
    guint length = arguments->environment ? g_strv_length(arguments->environment) : 0;

    if (!strchr(entry, '=') || *entry == '=') {
        fprintf(stderr, "libvirt_lxc_exec: '%s' is not NAME=VALUE\n", entry);
        exit(STATUS_OURS);
    }
    arguments->environment = g_renew(char *, arguments->environment, length + 2);
    arguments->environment[length] = g_strdup(entry);
    arguments->environment[length + 1] = NULL;
}

static void
take_option(Arguments *arguments, int option)
{
    switch (option) {
    case 'u':
        arguments->user = optarg;
        break;
    case 'd':
        arguments->directory = optarg;
        break;
    case 'e':
        add_environment(arguments, optarg);
        break;
    case 't':
        arguments->terminal = true;
        break;
    case 'h':
        print_usage(stdout);
        exit(EXIT_SUCCESS);
    case 'V':
        printf("libvirt_lxc_exec (Caisson) %s\n", CAISSON_VERSION);
        exit(EXIT_SUCCESS);
    default:
        print_usage(stderr);
        exit(STATUS_OURS);
    }
}

static void
arguments_parse(int argc, char **argv, Arguments *arguments)
{
    static const struct option options[] = {
        { "user", required_argument, NULL, 'u' },
        { "directory", required_argument, NULL, 'd' },
        { "env", required_argument, NULL, 'e' },
        { "tty", no_argument, NULL, 't' },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'V' },
        { NULL },
    };
    int option;

    /* '+': what follows the name belongs to the command */
    while ((option = getopt_long(argc, argv, "+u:d:e:thV", options, NULL)) != -1)
        take_option(arguments, option);
    if (optind < argc)
        arguments->name = argv[optind++];
    if (optind < argc && strcmp(argv[optind], "--") == 0)
        optind++;
    arguments->args = argv + optind;
    if (!arguments->name || !arguments->args[0]) {
        print_usage(stderr);
        exit(STATUS_OURS);
    }
}

/* Three pipes: ends for the command go to @plan, ours to @relay. */
static bool
open_pipes(ExecPlan *plan, Relay *relay, GError **error)
{
    int input[2];
    int output[2];
    int errors[2];

    if (pipe2(input, O_CLOEXEC) < 0 || pipe2(output, O_CLOEXEC) < 0 || pipe2(errors, O_CLOEXEC) < 0)
        return fail_errno(error, errno, "cannot create pipes");
    plan->input = input[0];
    relay->input = input[1];
    relay->output = output[0];
    plan->output = output[1];
    relay->errors = errors[0];
    plan->errors = errors[1];
    return true;
}

static void
close_pipes(ExecPlan *plan)
{
    fd_close(&plan->input);
    fd_close(&plan->output);
    fd_close(&plan->errors);
}

static bool
carry(Relay *relay, int pidfd, int *ret_status, GError **error)
{
    struct termios before;
    struct termios raw;
    bool adjusted = relay->terminal && tcgetattr(STDIN_FILENO, &before) == 0;
    bool done;

    if (adjusted) {
        raw = before;
        cfmakeraw(&raw);
        tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
    }
    done = relay_run(relay, pidfd, ret_status, error);
    if (adjusted)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
    return done;
}

static bool
run(const Arguments *arguments, int *ret_status, GError **error)
{
    g_autoptr(Guest) guest = guest_find(STATE_DIRECTORY, arguments->name, error);
    g_auto(Relay) relay = { -1, -1, -1, arguments->terminal };
    g_auto(ExecChild) child = { -1, -1 };
    ExecPlan plan = {
        .guest = guest,
        .args = arguments->args,
        .environment = arguments->environment,
        .user = arguments->user,
        .directory = arguments->directory,
        .terminal = arguments->terminal,
        .input = -1,
        .output = -1,
        .errors = -1,
    };
    gint64 deadline = g_get_monotonic_time() + START_SECONDS * G_USEC_PER_SEC;
    bool started;

    if (!guest || (!plan.terminal && !open_pipes(&plan, &relay, error)))
        return false;
    started = exec_run(&plan, deadline, &child, error);
    close_pipes(&plan);
    if (!started)
        return false;
    if (plan.terminal)
        relay.input = relay.output = fd_steal(&child.terminal);
    return carry(&relay, child.pidfd, ret_status, error);
}

static int
status_of_failure(const GError *error)
{
    if (g_error_matches(error, FAILURE, FAILURE_NO_SOURCE))
        return STATUS_NOT_FOUND;
    if (g_str_has_prefix(error->message, "cannot execute "))
        return STATUS_CANNOT_EXECUTE;
    return STATUS_OURS;
}

int
main(int argc, char **argv)
{
    g_autofree char *directory = NULL;
    g_autoptr(GError) error = NULL;
    Arguments arguments = { NULL };
    int status = 0;

    /* as in the launcher: no character set tables are loaded */
    g_setenv("CHARSET", "UTF-8", TRUE);
    arguments_parse(argc, argv, &arguments);
    if (!(directory = self_protect(argv, &error)) || !run(&arguments, &status, &error)) {
        fprintf(stderr, "libvirt_lxc_exec: %s\n", error->message);
        return status_of_failure(error);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
