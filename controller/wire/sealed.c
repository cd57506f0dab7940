/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts in sealed memfds. */
#include "controller/wire/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

#define SEALS (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK)

int
sealed_new(const char *name, const char *text, size_t length, GError **error)
{
    g_auto(Fd) fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    size_t done = 0;

    if (fd < 0) {
        fail_errno(error, errno, "cannot create memfd '%s'", name);
        return -1;
    }
    while (done < length) {
        ssize_t n = write(fd, text + done, length - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            fail_errno(error, n < 0 ? errno : ENOSPC, "cannot write memfd '%s'", name);
            return -1;
        }
        done += n;
    }
    if (fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) < 0) {
        fail_errno(error, errno, "cannot seal memfd '%s'", name);
        return -1;
    }
    return fd_steal(&fd);
}

char *
sealed_read(int fd, size_t limit, size_t *ret_length, GError **error)
{
    g_autofree char *text = NULL;
    struct stat status;
    size_t done = 0;
    int seals;

    if ((seals = fcntl(fd, F_GET_SEALS)) < 0 || (seals & SEALS) != SEALS) {
        fail(error, FAILURE_INTERNAL, "descriptor %d is not a sealed memfd", fd);
        return NULL;
    }
    if (fstat(fd, &status) < 0) {
        fail_errno(error, errno, "cannot stat the memfd at descriptor %d", fd);
        return NULL;
    }
    if ((guint64)status.st_size > limit) {
        fail(error, FAILURE_INTERNAL,
             "the memfd at descriptor %d has %" G_GINT64_FORMAT
             " bytes, more than the limit of %zu",
             fd, (gint64)status.st_size, limit);
        return NULL;
    }

    text = g_malloc(status.st_size + 1);
    while (done < (size_t)status.st_size) {
        ssize_t n = pread(fd, text + done, status.st_size - done, done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            fail_errno(error, n < 0 ? errno : EIO, "cannot read the memfd at descriptor %d", fd);
            return NULL;
        }
        done += n;
    }
    text[done] = '\0';
    if (ret_length)
        *ret_length = done;
    return g_steal_pointer(&text);
}
