/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pins of network namespaces. Devices of the host must come back from a guest however it ends; what
 * the kernel does with those that are left in a namespace is to give them the host under whatever
 * name, or to delete them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "controller/network/interface.h"
#include "controller/wire/failure.h"

bool
network_pin(const char *source, const char *path, GError **error)
{
    g_auto(Fd) file = -1;

    network_unpin(path);
    file = open(path, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return fail_errno(error, errno, "cannot create '%s'", path);
    if (mount(source, path, NULL, MS_BIND, NULL) == 0)
        return true;
    fail_errno(error, errno, "cannot mount the container's network namespace on '%s'", path);
    unlink(path);
    return false;
}

bool
network_is_pinned(const char *path)
{
    struct statfs about;

    return statfs(path, &about) == 0 && about.f_type == NSFS_MAGIC;
}

static char *
notes_path(const char *path)
{
    return g_strconcat(path, "-devices", NULL);
}

bool
network_note_device(const char *path, const char *name, int index, GError **error)
{
    g_autofree char *notes = notes_path(path);
    g_auto(Fd) file = open(notes, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (file < 0 || dprintf(file, "%s %d\n", name, index) < 0)
        return fail_errno(error, errno, "cannot write '%s'", notes);
    return true;
}

/* A device that came more than once has its last line. */
int
network_noted_device(const char *path, const char *name)
{
    g_autofree char *notes = notes_path(path);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    int index = 0;
    size_t i;

    if (!g_file_get_contents(notes, &text, NULL, NULL))
        return 0;
    lines = g_strsplit(text, "\n", -1);
    for (i = 0; lines[i]; i++) {
        char *blank = strchr(lines[i], ' ');

        if (!blank)
            continue;
        *blank = '\0';
        if (g_str_equal(lines[i], name))
            index = atoi(blank + 1);
    }
    return index;
}

void
network_unpin(const char *path)
{
    g_autofree char *notes = notes_path(path);

    unlink(notes);
    umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
    unlink(path);
}
