/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * As "systemd": says that it is ready to where the environment tells, and waits for its end.
 * Otherwise prints the errno of some system calls that containers rely on.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static int
be_systemd(void)
{
    static const char words[] = "STATUS=here\nREADY=1\n";
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const char *path = getenv("NOTIFY_SOCKET");
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    if (path && fd >= 0) {
        strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
        sendto(fd, words, strlen(words), 0, (struct sockaddr *)&address, sizeof(address));
        sendto(fd, words, strlen(words), 0, (struct sockaddr *)&address, sizeof(address));
    }
    for (;;)
        pause();
}

static void
tell(const char *name, long result)
{
    printf("%s: %s\n", name, result < 0 ? strerror(errno) : "works");
}

int
main(int argc, char **argv)
{
    union bpf_attr map = {
        .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1
    };
    struct perf_event_attr event = { .type = PERF_TYPE_SOFTWARE,
                                     .size = sizeof(event),
                                     .config = PERF_COUNT_SW_TASK_CLOCK };

    if (strstr(argv[0], "systemd"))
        return be_systemd();
    tell("bpf", syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map)));
    tell("perf", syscall(SYS_perf_event_open, &event, 0, -1, -1, 0));
    tell("keyctl", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1));
    tell("unshare", unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET));
    tell("user namespace", unshare(CLONE_NEWUSER));
    return EXIT_SUCCESS;
}
