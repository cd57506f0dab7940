/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guests that run containers of their own. The kernel lets a user namespace mount a proc or sysfs
 * only where one is in sight that nothing is mounted on; those of a guest have masks and the view
 * on them.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "controller/launcher/steps.h"
#include "controller/mounts/mount-options.h"
#include "controller/mounts/place.h"
#include "controller/wire/failure.h"

/* Only the guest's root gets there, who may do as much elsewhere. */
#define NESTING_DIRECTORY "/dev/.nesting"

static const struct {
    const char *type;
    const char *name;
    const char *options[5];
} clean[] = {
    { "proc", "proc", { "nosuid", "nodev", "noexec", NULL } },
    { "sysfs", "sys", { "nosuid", "nodev", "noexec", "ro", NULL } },
};

static bool
mount_clean(int directory, size_t i, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_auto(MountOptions) options = { 0 };
    g_auto(Fd) tree = -1;
    g_auto(Fd) place = -1;

    mount_options_init(&options, clean[i].options);
    if ((tree = mount_create(clean[i].type, &options, &local)) < 0) {
        /* a user namespace without a network of its own has no sysfs either */
        if (i > 0)
            return true;
        g_propagate_error(error, g_steal_pointer(&local));
        return false;
    }
    if ((mkdirat(directory, clean[i].name, 0755) < 0 && errno != EEXIST) ||
        (place = openat(directory, clean[i].name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) <
            0 ||
        move_mount(tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
        return fail_errno(error, errno, "cannot mount %s on '" NESTING_DIRECTORY "/%s'",
                          clean[i].type, clean[i].name);
    return true;
}

bool
nesting_mount(Launch *launch, GError **error)
{
    g_auto(Fd) place = -1;
    g_auto(Fd) directory = -1;
    size_t i;

    if (!launch->container->caisson->nesting)
        return true;
    if ((place = place_make(launch->root, NESTING_DIRECTORY, PLACE_DIRECTORY, error)) < 0 ||
        (directory = place_open(launch->root, NESTING_DIRECTORY, O_RDONLY | O_DIRECTORY, error)) <
            0)
        return false;
    if (fchmod(directory, 0700) < 0)
        return fail_errno(error, errno, "cannot protect '" NESTING_DIRECTORY "'");
    for (i = 0; i < G_N_ELEMENTS(clean); i++) {
        if (!mount_clean(directory, i, error))
            return false;
    }
    return true;
}
