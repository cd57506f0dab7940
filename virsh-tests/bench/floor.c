/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The least that starting and ending a container can cost: groups in every hierarchy, namespaces, mounts, a new root,
 * execve(), and nobody who stays to look after it.
 *
 *   floor start GROUP ROOT PROGRAM [ARGUMENT...]   prints the pid and leaves it running
 *   floor stop GROUP PID
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define TOP       "/sys/fs/cgroup"
#define UNCHANGED (MS_NOSUID | MS_NODEV | MS_NOEXEC)

static char hierarchies[32][300]; /* "" ends them; one of version 2 is TOP itself */

static void
check(long result, const char *what)
{
    if (result < 0)
        err(EXIT_FAILURE, "floor: %s", what);
}

static void
find_hierarchies(void)
{
    DIR *top = opendir(TOP);
    struct dirent *entry;
    struct stat status;
    int count = 0;

    if (access(TOP "/cgroup.procs", F_OK) == 0) {
        strcpy(hierarchies[0], TOP);
        return;
    }
    while (top && (entry = readdir(top)) && count < 31) {
        char path[400];

        snprintf(hierarchies[count], sizeof(hierarchies[0]), TOP "/%s", entry->d_name);
        snprintf(path, sizeof(path), "%s/cgroup.procs", hierarchies[count]);
        if (entry->d_name[0] != '.' && lstat(hierarchies[count], &status) == 0 &&
            S_ISDIR(status.st_mode) && access(path, F_OK) == 0)
            count++;
    }
    hierarchies[count][0] = 0;
    closedir(top);
}

static void
put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    check(fd < 0 ? -1 : write(fd, text, strlen(text)), path);
    close(fd);
}

/* A group of cpuset has nothing until it is told. */
static void
copy_setting(const char *hierarchy, const char *group, const char *name)
{
    char path[600], text[256];
    int fd, length;

    snprintf(path, sizeof(path), "%s/%s", hierarchy, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    length = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[length > 0 ? length : 0] = 0;
    snprintf(path, sizeof(path), "%s/%s/%s", hierarchy, group, name);
    if (access(path, W_OK) == 0)
        put(path, text);
}

static void
make_groups(const char *group)
{
    char path[600];
    int i;

    for (i = 0; hierarchies[i][0]; i++) {
        snprintf(path, sizeof(path), "%s/%s", hierarchies[i], group);
        check(mkdir(path, 0755), path);
        if (strstr(hierarchies[i], "cpuset")) {
            copy_setting(hierarchies[i], group, "cpuset.cpus");
            copy_setting(hierarchies[i], group, "cpuset.mems");
        }
    }
}

static void
enter_groups(const char *group, pid_t pid)
{
    char path[600], text[16];
    int i;

    snprintf(text, sizeof(text), "%d", pid);
    for (i = 0; hierarchies[i][0]; i++) {
        snprintf(path, sizeof(path), "%s/%s/cgroup.procs", hierarchies[i], group);
        put(path, text);
    }
}

static void
make_dev(void)
{
    static const struct {
        const char *path;
        int major, minor;
    } nodes[] = { { "dev/null", 1, 3 }, { "dev/zero", 1, 5 }, { "dev/full", 1, 7 },
                  { "dev/random", 1, 8 }, { "dev/urandom", 1, 9 }, { "dev/tty", 5, 0 } };
    size_t i;

    check(mount("tmpfs", "dev", "tmpfs", MS_NOSUID, "mode=755"), "dev");
    for (i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
        check(mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)), nodes[i].path);
    check(mkdir("dev/pts", 0755), "dev/pts");
    check(mkdir("dev/shm", 01777), "dev/shm");
    check(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666"), "devpts");
    check(mount("tmpfs", "dev/shm", "tmpfs", UNCHANGED, NULL), "shm");
    check(symlink("/proc/self/fd", "dev/fd"), "dev/fd");
}

static void
enter_root(const char *root)
{
    check(mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL), "/");
    check(mount(root, root, NULL, MS_BIND | MS_REC, NULL), root);
    check(chdir(root), root);
    check(mount("proc", "proc", "proc", UNCHANGED, NULL), "proc");
    check(mount("proc/sys", "proc/sys", NULL, MS_BIND, NULL), "proc/sys");
    check(mount(NULL, "proc/sys", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | UNCHANGED, NULL), "proc/sys");
    check(mount("sysfs", "sys", "sysfs", MS_RDONLY | UNCHANGED, NULL), "sys");
    make_dev();
    check(syscall(SYS_pivot_root, ".", "."), "pivot_root");
    check(umount2(".", MNT_DETACH), "the old root");
    check(chdir("/"), "/");
}

static void
start(const char *group, const char *root, char **argv)
{
    struct clone_args arguments = { .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET,
                                    .exit_signal = SIGCHLD };
    int go[2];
    long pid;
    char byte;

    make_groups(group);
    check(pipe2(go, O_CLOEXEC), "pipe");
    pid = syscall(SYS_clone3, &arguments, sizeof(arguments));
    check(pid, "clone3");
    if (pid == 0) {
        close(go[1]);
        if (read(go[0], &byte, 1) != 1)
            _exit(EXIT_FAILURE);
        enter_root(root);
        execv(argv[0], argv);
        err(EXIT_FAILURE, "floor: %s", argv[0]);
    }
    enter_groups(group, pid);
    check(write(go[1], "", 1), "go");
    printf("%ld\n", pid);
}

static void
stop(const char *group, pid_t pid)
{
    struct pollfd ended = { .fd = syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
    char path[600];
    int i;

    check(ended.fd, "pidfd");
    check(syscall(SYS_pidfd_send_signal, ended.fd, SIGKILL, NULL, 0), "kill");
    poll(&ended, 1, -1);
    for (i = 0; hierarchies[i][0]; i++) {
        snprintf(path, sizeof(path), "%s/%s", hierarchies[i], group);
        while (rmdir(path) < 0 && errno == EBUSY)
            usleep(200);
    }
}

int
main(int argc, char **argv)
{
    find_hierarchies();
    if (argc > 4 && !strcmp(argv[1], "start"))
        start(argv[2], argv[3], argv + 4);
    else if (argc == 4 && !strcmp(argv[1], "stop"))
        stop(argv[2], atoi(argv[3]));
    else
        errx(EXIT_FAILURE, "usage: floor start GROUP ROOT PROGRAM [ARGUMENT...] | stop GROUP PID");
    return EXIT_SUCCESS;
}
