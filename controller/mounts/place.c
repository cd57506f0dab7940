/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* openat2() in the guest's root. */
#include "controller/mounts/place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/kernel.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

/* With ".." in a path the kernel gives up when somebody renames or mounts meanwhile. */
#define TRIES 64

static bool
path_is_kernel(const char *path)
{
    static const char *const tops[] = { "proc", "sys", "dev" };
    size_t i;

    path += strspn(path, "/");
    for (i = 0; i < G_N_ELEMENTS(tops); i++) {
        size_t length = strlen(tops[i]);

        if (strncmp(path, tops[i], length) == 0 && (path[length] == '/' || path[length] == '\0'))
            return true;
    }
    return false;
}

static int
resolve(int root, const char *path, uint64_t flags)
{
    uint64_t limits = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    int tries = TRIES;
    int fd;

    if (path_is_kernel(path))
        limits |= RESOLVE_NO_SYMLINKS;
    do
        fd = kernel_openat2(root, path, flags | O_CLOEXEC, 0, limits);
    while (fd < 0 && (errno == EAGAIN || errno == EINTR) && tries-- > 0);
    return fd;
}

static int
fail_place(GError **error, const char *what, const char *path)
{
    int saved = errno;

    if (saved == ELOOP && path_is_kernel(path))
        fail(error, FAILURE_SYSTEM,
             "'%s' of the container goes through a symbolic link: make it a directory in its root",
             path);
    else
        fail_errno(error, saved, "cannot %s '%s' of the container", what, path);
    errno = saved;
    return -1;
}

int
place_open(int root, const char *path, uint64_t flags, GError **error)
{
    int fd = resolve(root, path, flags);

    return fd < 0 ? fail_place(error, "open", path) : fd;
}

static char *
fail_read(GError **error, const char *path)
{
    int saved = errno;

    fail_errno(error, saved, "cannot read '%s' of the container", path);
    errno = saved;
    return NULL;
}

/* A device is not even opened: that alone may have an effect. */
static int
open_regular(int root, const char *path, size_t limit, GError **error)
{
    g_auto(Fd) place = place_open(root, path, O_PATH, error);
    struct stat status;

    if (place < 0)
        return -1;
    if (fstat(place, &status) < 0 || !S_ISREG(status.st_mode) || (guint64)status.st_size > limit) {
        fail(error, FAILURE_SYSTEM, "'%s' of the container is not a file of at most %zu bytes",
             path, limit);
        errno = EINVAL;
        return -1;
    }
    return place_open(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, error);
}

char *
place_read(int root, const char *path, size_t limit, size_t *ret_length, GError **error)
{
    g_auto(Fd) fd = open_regular(root, path, limit, error);
    g_autoptr(GString) text = g_string_new(NULL);
    char block[4096];
    ssize_t n = 0;

    if (fd < 0)
        return NULL;
    while (text->len <= limit && (n = read(fd, block, sizeof(block))) > 0)
        g_string_append_len(text, block, n);
    if (n < 0)
        return fail_read(error, path);
    if (text->len > limit) {
        fail(error, FAILURE_SYSTEM, "'%s' of the container has more than %zu bytes", path, limit);
        errno = EINVAL;
        return NULL;
    }
    if (ret_length)
        *ret_length = text->len;
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* Makes the last component of @path, the ones above it exist. */
static bool
make_last(int root, const char *path, PlaceKind kind)
{
    const char *slash = strrchr(path, '/');
    g_autofree char *above = slash && slash > path ? g_strndup(path, slash - path) : g_strdup("/");
    const char *name = slash ? slash + 1 : path;
    g_auto(Fd) parent = resolve(root, above, O_PATH | O_DIRECTORY);
    g_auto(Fd) file = -1;

    if (parent < 0)
        return false;
    if (kind == PLACE_DIRECTORY)
        return mkdirat(parent, name, 0755) == 0 || errno == EEXIST;
    file = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    return file >= 0 || errno == EEXIST;
}

static bool
make_all(int root, const char *path, PlaceKind kind)
{
    const char *end = path;

    while (*end) {
        g_autofree char *part = NULL;
        g_auto(Fd) present = -1;

        end += strspn(end, "/");
        end += strcspn(end, "/");
        part = g_strndup(path, end - path);
        if ((present = resolve(root, part, O_PATH)) >= 0)
            continue;
        if (errno != ENOENT ||
            !make_last(root, part, end[strspn(end, "/")] ? PLACE_DIRECTORY : kind))
            return false;
    }
    return true;
}

int
place_make(int root, const char *path, PlaceKind kind, GError **error)
{
    g_autofree char *plain = g_strdup(path);
    uint64_t flags = O_PATH | (kind == PLACE_DIRECTORY ? O_DIRECTORY : 0);
    size_t length = strlen(plain);
    int fd;

    while (length > 1 && plain[length - 1] == '/')
        plain[--length] = '\0';
    fd = resolve(root, plain, flags);
    if (fd < 0 && errno == ENOENT && make_all(root, plain, kind))
        fd = resolve(root, plain, flags);
    return fd < 0 ? fail_place(error, "make the mount point", path) : fd;
}
