/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvirt_lxc_view: serves a guest's view of /proc and /sys from its own control group. The keeper
 * starts it again when it dies, and holds all it needs for that.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "config.h"
#include "controller/view/confine.h"
#include "controller/view/protocol.h"
#include "controller/view/view.h"

int64_t
view_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static bool
is_directory(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool
view_init(View *view)
{
    struct stat status;
    int i;

    if (fstat(VIEW_SESSION_FD, &status) < 0 || status.st_size < (off_t)sizeof(ViewSession))
        return false;
    view->session =
        mmap(NULL, sizeof(ViewSession), PROT_READ | PROT_WRITE, MAP_SHARED, VIEW_SESSION_FD, 0);
    view->connection = VIEW_CONNECTION_FD;
    view->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (i = 0; i < VIEW_GROUP_LAST; i++)
        view->groups[i] = is_directory(VIEW_GROUPS_FD + i) ? VIEW_GROUPS_FD + i : -1;
    return view->session != MAP_FAILED && view->root >= 0;
}

/* The keeper dies with its guest, and nothing is to be left of either. */
static bool
follow_keeper(void)
{
    pid_t keeper = getppid();

    return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == keeper;
}

int
main(int argc, char **argv)
{
    View view = { 0 };

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        printf("Usage: libvirt_lxc_view\n\n"
               "Serves a container's view of /proc and /sys to the kernel, whose FUSE connection\n"
               "is descriptor %d. It is run by libvirt's LXC driver; there is nothing to do by\n"
               "hand.\n\n"
               "  --help     print this and exit\n"
               "  --version  print the version and exit\n",
               VIEW_CONNECTION_FD);
        return EXIT_SUCCESS;
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("libvirt_lxc_view (Caisson) %s\n", CAISSON_VERSION);
        return EXIT_SUCCESS;
    }
    /* one small process per guest: give memory back early, and never grow in large steps */
    mallopt(M_TOP_PAD, 4096);
    mallopt(M_TRIM_THRESHOLD, 16 * 1024);
    prctl(PR_SET_NAME, "libvirt_lxc_view");
    prctl(PR_SET_DUMPABLE, 0);
    if (!view_init(&view)) {
        fprintf(stderr, "libvirt_lxc_view: there is nobody to serve\n");
        return EXIT_FAILURE;
    }
    if (!follow_keeper() || !view_confine()) {
        fprintf(stderr, "libvirt_lxc_view: cannot give up privileges\n");
        return EXIT_FAILURE;
    }
    protocol_resume(&view);
    while (protocol_serve(&view))
        continue;
    return EXIT_SUCCESS;
}
