/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading and replacing files whose directory the guest can change at any time. */
#include "controller/agent/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

/* An O_PATH descriptor of what must be a plain file; -1 with errno ENOENT: nothing there. */
static int
find_plain(int directory, const char *name, struct stat *ret_status, GError **error)
{
    g_auto(Fd) place = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

    if (place < 0 || fstat(place, ret_status) < 0) {
        int saved = errno;

        fail_errno(error, saved, "cannot open '%s' of the guest", name);
        errno = saved;
        return -1;
    }
    if (S_ISREG(ret_status->st_mode))
        return fd_steal(&place);
    fail(error, FAILURE_SYSTEM, "'%s' of the guest is %s, not a plain file", name,
         S_ISLNK(ret_status->st_mode) ? "a symbolic link" : "something else");
    errno = EINVAL;
    return -1;
}

char *
replace_read(int directory, const char *name, size_t limit, GError **error)
{
    struct stat status;
    g_auto(Fd) place = find_plain(directory, name, &status, error);
    g_auto(Fd) fd = -1;
    g_autofree char *text = NULL;
    size_t done = 0;
    ssize_t n = 0;

    if (place < 0)
        return NULL;
    if ((guint64)status.st_size > limit) {
        fail(error, FAILURE_SYSTEM, "'%s' of the guest has more than %zu bytes", name, limit);
        errno = EFBIG;
        return NULL;
    }
    fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    text = g_malloc(limit + 1);
    while (fd >= 0 && done < limit && (n = read(fd, text + done, limit - done)) > 0)
        done += n;
    if (fd < 0 || n < 0) {
        fail_errno(error, errno, "cannot read '%s' of the guest", name);
        errno = EIO;
        return NULL;
    }
    text[done] = '\0';
    return g_steal_pointer(&text);
}

static bool
write_all(int fd, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        ssize_t n = write(fd, text, left);

        if (n < 0)
            return false;
        text += n;
        left -= n;
    }
    return fsync(fd) == 0;
}

bool
replace_write(int directory, const char *name, const char *text, mode_t mode, GError **error)
{
    g_autoptr(GError) none = NULL;
    struct stat status;
    g_auto(Fd) place = find_plain(directory, name, &status, &none);
    g_autofree char *fresh = NULL;
    g_auto(Fd) fd = -1;
    guint64 number;

    if (place < 0 && errno != ENOENT) {
        g_propagate_error(error, g_steal_pointer(&none));
        return false;
    }
    if (getrandom(&number, sizeof(number), 0) != sizeof(number))
        return fail_errno(error, errno, "cannot choose a name");
    fresh = g_strdup_printf(".%s.%016" G_GINT64_MODIFIER "x", name, number);
    if ((fd = openat(directory, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0)) <
        0)
        return fail_errno(error, errno, "cannot make a new '%s' of the guest", name);
    if ((place >= 0 && fchown(fd, status.st_uid, status.st_gid) < 0 && errno != EPERM) ||
        fchmod(fd, place >= 0 ? status.st_mode & 07777 : mode) < 0 || !write_all(fd, text) ||
        renameat(directory, fresh, directory, name) < 0) {
        int saved = errno;

        unlinkat(directory, fresh, 0);
        return fail_errno(error, saved, "cannot write '%s' of the guest", name);
    }
    fsync(directory);
    return true;
}
