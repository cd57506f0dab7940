/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of /proc and of control groups. */
#include "controller/view/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "controller/wire/descriptor.h"

/* deeper than any partition */
#define LEVELS_MAX 32

bool
source_read(int directory, const char *file, GString *text)
{
    g_auto(Fd) fd = openat(directory, file, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    g_string_truncate(text, 0);
    if (fd < 0)
        return false;
    do {
        gsize length = text->len;

        g_string_set_size(text, length + 4096);
        n = read(fd, text->str + length, 4096);
        g_string_truncate(text, length + MAX(n, 0));
    } while (n > 0 || (n < 0 && errno == EINTR));
    return n == 0;
}

bool
source_number(int directory, const char *file, uint64_t *ret_number)
{
    g_auto(Fd) fd = openat(directory, file, O_RDONLY | O_CLOEXEC);
    char text[32];
    char *end;
    ssize_t n;

    if (fd < 0 || (n = read(fd, text, sizeof(text) - 1)) <= 0)
        return false;
    text[n] = '\0';
    if (strncmp(text, "max", 3) == 0) {
        *ret_number = UINT64_MAX;
        return true;
    }
    *ret_number = g_ascii_strtoull(text, &end, 10);
    return end != text;
}

bool
source_smallest(int group, const char *file, uint64_t *ret_number)
{
    g_autoptr(GString) path = g_string_new(file);
    uint64_t number;
    bool found = false;
    int level;

    /* the root of the hierarchy has no limits, and above it is another file system */
    for (level = 0; level < LEVELS_MAX && source_number(group, path->str, &number); level++) {
        *ret_number = found ? MIN(*ret_number, number) : number;
        found = true;
        g_string_prepend(path, "../");
    }
    return found;
}

bool
source_figure(const char *text, const char *key, uint64_t *ret_number)
{
    size_t length = strlen(key);
    const char *line = text;

    while (line) {
        if (strncmp(line, key, length) == 0 && (line[length] == ' ' || line[length] == ':')) {
            *ret_number = g_ascii_strtoull(line + length + 1, NULL, 10);
            return true;
        }
        if ((line = strchr(line, '\n')))
            line++;
    }
    return false;
}
