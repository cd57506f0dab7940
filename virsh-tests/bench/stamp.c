/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Init of a measured guest: its first action is to write the monotonic clock, in nanoseconds, to
 * the file it was given. stamp FILE [term|sleep|blast|meminfo [NUMBER]]
 *
 *   sleep    ignore every signal that can be ignored (default)
 *   term     end at SIGTERM
 *   blast    after one byte of input write NUMBER MiB to standard output
 *   meminfo  read /proc/meminfo for NUMBER milliseconds; FILE.end gets the nanoseconds of one read
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long
now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void
note(const char *path, long long value)
{
    char text[32];
    int length = snprintf(text, sizeof(text), "%lld\n", value);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

    if (fd < 0 || write(fd, text, length) != length)
        _exit(EXIT_FAILURE);
    close(fd);
}

static void
leave(int number)
{
    (void)number;
    _exit(EXIT_SUCCESS);
}

static void
blast(long mebibytes)
{
    static char block[65536];
    long left = mebibytes * 16;
    char byte;

    memset(block, 'x', sizeof(block));
    if (read(STDIN_FILENO, &byte, 1) != 1)
        return;
    while (left-- > 0) {
        size_t done = 0;

        while (done < sizeof(block)) {
            ssize_t n = write(STDOUT_FILENO, block + done, sizeof(block) - done);

            if (n <= 0)
                return;
            done += n;
        }
    }
}

static void
meminfo(const char *path, long milliseconds)
{
    long long start = now(), end = start + milliseconds * 1000000LL;
    char block[8192], name[4096];
    long count = 0;

    while (now() < end) {
        int fd = open("/proc/meminfo", O_RDONLY);

        if (fd < 0)
            break;
        while (read(fd, block, sizeof(block)) > 0)
            ;
        close(fd);
        count++;
    }
    snprintf(name, sizeof(name), "%s.end", path);
    note(name, count ? (now() - start) / count : 0);
}

int
main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "/stamp";
    const char *mode = argc > 2 ? argv[2] : "sleep";
    long number = argc > 3 ? atol(argv[3]) : 0;

    note(path, now());
    if (!strcmp(mode, "term"))
        signal(SIGTERM, leave);
    if (!strcmp(mode, "blast"))
        blast(number);
    if (!strcmp(mode, "meminfo"))
        meminfo(path, number);
    for (;;) {
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        pause();
    }
}
