/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reader SECONDS FILE: reads a file again and again, without the page cache's help; prints how
 * often. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
    static char buffer[65536];
    time_t end = time(NULL) + atoi(argv[1]);
    unsigned long count = 0;

    while (time(NULL) < end) {
        int fd = open(argv[2], O_RDONLY);

        posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        if (fd < 0 || read(fd, buffer, sizeof(buffer)) <= 0) {
            perror(argv[2]);
            return EXIT_FAILURE;
        }
        posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        close(fd);
        count++;
    }
    printf("%lu\n", count);
    return EXIT_SUCCESS;
}
