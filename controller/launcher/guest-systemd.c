/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd's private library has the version in its name: libsystemd-shared-257.so. */
#include "controller/launcher/guest-systemd.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/mounts/place.h"

#define LIBRARY_PREFIX "libsystemd-shared-"

/* names in a directory that are looked at */
#define NAMES_MAX 4096

static const char *const programs[] = { "/usr/lib/systemd/systemd", "/lib/systemd/systemd" };

static bool
init_is(const Launch *launch, const struct stat *init, const char *program)
{
    g_auto(Fd) fd = place_open(launch->root, program, O_PATH, NULL);
    struct stat status;

    return fd >= 0 && fstat(fd, &status) == 0 && status.st_dev == init->st_dev &&
           status.st_ino == init->st_ino;
}

static bool
init_is_systemd(const Launch *launch)
{
    const char *path = launch->container->process->args[0];
    g_auto(Fd) init = path[0] == '/' ? place_open(launch->root, path, O_PATH, NULL) : -1;
    struct stat status;
    size_t i;

    if (init < 0 || fstat(init, &status) < 0)
        return false;
    for (i = 0; i < G_N_ELEMENTS(programs); i++) {
        if (init_is(launch, &status, programs[i]))
            return true;
    }
    return false;
}

/* Calls @look for the names in a directory of the guest until it answers something. */
static unsigned
directory_search(const Launch *launch, const char *path,
                 unsigned (*look)(const Launch *launch, const char *name))
{
    g_auto(Fd) fd = place_open(launch->root, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK, NULL);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    unsigned names = NAMES_MAX;
    unsigned found = 0;

    if (!directory)
        return 0;
    fd_steal(&fd);
    while (!found && names-- > 0 && (entry = readdir(directory)))
        found = look(launch, entry->d_name);
    closedir(directory);
    return found;
}

static unsigned
library_version(const Launch *launch, const char *name)
{
    if (!g_str_has_prefix(name, LIBRARY_PREFIX))
        return 0;
    return (unsigned)MIN(strtoul(name + strlen(LIBRARY_PREFIX), NULL, 10), G_MAXINT);
}

/* Debian keeps it below the directory of an architecture. */
static unsigned
architecture_version(const Launch *launch, const char *name)
{
    g_autofree char *path = NULL;

    if (!strstr(name, "-linux-"))
        return 0;
    path = g_strconcat("/usr/lib/", name, "/systemd", NULL);
    return directory_search(launch, path, library_version);
}

unsigned
guest_systemd_version(const Launch *launch)
{
    static const char *const directories[] = { "/usr/lib/systemd", "/usr/lib64/systemd" };
    unsigned version = 0;
    size_t i;

    if (!init_is_systemd(launch))
        return 0;
    for (i = 0; !version && i < G_N_ELEMENTS(directories); i++)
        version = directory_search(launch, directories[i], library_version);
    return version ? version : directory_search(launch, "/usr/lib", architecture_version);
}
