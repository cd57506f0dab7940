/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvirt_lxc_reaper CHILD: process 1 of a guest whose init is a plain program. Init runs as its
 * child; it passes signals on, takes in orphans that have ended, and ends as init does.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static pid_t child;

/* A shell's way to tell both ends of a program apart in one number. */
static int
status_of(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void
reap(void)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        /* the rest of the guest dies with process 1 */
        if (pid == child)
            exit(status_of(status));
    }
    /* nobody is left, so init has been waited for by somebody else */
    if (pid < 0 && errno == ECHILD)
        exit(EXIT_FAILURE);
}

int
main(int argc, char **argv)
{
    sigset_t all;
    int number;

    if (argc != 2 || (child = atoi(argv[1])) <= 1) {
        printf("Usage: libvirt_lxc_reaper CHILD\n\n"
               "Process 1 of a container whose init is its process CHILD. It is run by libvirt's\n"
               "LXC driver; there is nothing to do by hand.\n");
        return argc == 2 && strcmp(argv[1], "--help") == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    prctl(PR_SET_NAME, "reaper");
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    reap();
    for (;;) {
        if (sigwait(&all, &number) != 0)
            continue;
        if (number == SIGCHLD)
            reap();
        else
            kill(child, number);
    }
}
