/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The view of /proc and /sys: a FUSE mount, its server, and the files bound over the kernel's. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "controller/mounts/place.h"
#include "controller/launcher/steps.h"
#include "controller/view/directory.h"
#include "controller/wire/failure.h"

#define MOVE_BY_FD (MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)

/* Where the files are bound from: on the host's root, which goes away before init runs. */
#define STOPOVER "/dev"

static const struct {
    CgroupController controller;
    ViewGroup group;
} groups[] = {
    { CGROUP_MEMORY, VIEW_GROUP_MEMORY },   { CGROUP_CPU, VIEW_GROUP_CPU },
    { CGROUP_CPUACCT, VIEW_GROUP_CPUACCT }, { CGROUP_CPUSET, VIEW_GROUP_CPUSET },
    { CGROUP_BLKIO, VIEW_GROUP_BLKIO },
};

void
view_clear(Launch *launch)
{
    int i;

    launch->view_tree = launch->view_connection = launch->view_session = -1;
    launch->view_program = -1;
    launch->view = NULL;
    for (i = 0; i < VIEW_GROUP_LAST; i++)
        launch->view_groups[i] = -1;
}

void
view_close(Launch *launch)
{
    int i;

    fd_close(&launch->view_tree);
    fd_close(&launch->view_connection);
    fd_close(&launch->view_session);
    fd_close(&launch->view_program);
    for (i = 0; i < VIEW_GROUP_LAST; i++)
        fd_close(&launch->view_groups[i]);
    if (launch->view)
        munmap(launch->view, sizeof(*launch->view));
    launch->view = NULL;
}

static bool
session_create(Launch *launch, GError **error)
{
    const size_t size = sizeof(*launch->view);
    void *shared;

    launch->view_session = memfd_create("view", MFD_CLOEXEC);
    if (launch->view_session < 0 || ftruncate(launch->view_session, size) < 0)
        return fail_errno(error, errno, "cannot make a memory file");
    shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, launch->view_session, 0);
    if (shared == MAP_FAILED)
        return fail_errno(error, errno, "cannot map a memory file");
    launch->view = shared;
    return true;
}

static int
make_tree(int connection, GError **error)
{
    g_autofree char *number = g_strdup_printf("%d", connection);
    g_auto(Fd) context = fsopen("fuse", FSOPEN_CLOEXEC);
    int tree;

    if (context < 0 || fsconfig(context, FSCONFIG_SET_STRING, "fd", number, 0) < 0 ||
        fsconfig(context, FSCONFIG_SET_STRING, "rootmode", "40555", 0) < 0 ||
        fsconfig(context, FSCONFIG_SET_STRING, "user_id", "0", 0) < 0 ||
        fsconfig(context, FSCONFIG_SET_STRING, "group_id", "0", 0) < 0 ||
        fsconfig(context, FSCONFIG_SET_FLAG, "default_permissions", NULL, 0) < 0 ||
        fsconfig(context, FSCONFIG_SET_FLAG, "allow_other", NULL, 0) < 0 ||
        fsconfig(context, FSCONFIG_SET_STRING, "subtype", "caisson", 0) < 0 ||
        fsconfig(context, FSCONFIG_SET_STRING, "source", "view", 0) < 0 ||
        fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ||
        (tree = fsmount(context, FSMOUNT_CLOEXEC,
                        MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
                            MOUNT_ATTR_NOEXEC)) < 0) {
        fail_errno(error, errno, "cannot make a FUSE mount for the view of /proc");
        return -1;
    }
    return tree;
}

/*
 * The server is not there yet when the files are bound, and need not be: what is asked for then is
 * which files there are. Another request stays open in the session, where the server finds it.
 */
bool
view_is_asked(const Launch *launch)
{
    return launch->view_connection >= 0 && !view_has_request(launch);
}

bool
view_has_request(const Launch *launch)
{
    ViewRequest request;

    return launch->view_connection >= 0 &&
           view_request_open(launch->view_connection, launch->view, &request);
}

bool
view_reply(Launch *launch, GError **error)
{
    ViewRequest request;

    if (!view_request_read(launch->view_connection, launch->view, &request))
        return fail(error, FAILURE_SYSTEM,
                    "the kernel has given up the view of /proc; start the container again, or set "
                    "proc_view = 0 in lxc.conf");
    if (request.header && view_directory_answer(&request))
        view_request_done(launch->view);
    return true;
}

bool
view_prepare(Launch *launch, GError **error)
{
    g_autofree char *program =
        g_build_filename(launch->program_directory, "libvirt_lxc_view", NULL);

    if ((launch->view_connection = open("/dev/fuse", O_RDWR | O_CLOEXEC)) < 0) {
        /* a kernel or a machine without FUSE: guests run there, too */
        g_printerr("view: cannot open '/dev/fuse': %s; the container sees the host's /proc\n",
                   g_strerror(errno));
        return true;
    }
    if ((launch->view_program = open(program, O_PATH | O_CLOEXEC)) < 0)
        return fail_errno(error, errno, "cannot open '%s'", program);
    if (!session_create(launch, error) ||
        (launch->view_tree = make_tree(launch->view_connection, error)) < 0)
        return false;
    /* the kernel's first message, which is there since the mount was made */
    return view_reply(launch, error);
}

bool
view_mount(Launch *launch, GError **error)
{
    struct timespec now;

    if (!launch->container->caisson->view || launch->view_tree < 0)
        view_close(launch);
    if (!launch->container->caisson->view)
        return true;
    if (launch->view_tree < 0 && !view_prepare(launch, error))
        return false;
    if (launch->view_tree < 0)
        return true;
    clock_gettime(CLOCK_BOOTTIME, &now);
    launch->view->born = now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
    launch->view->uid = launch->root_uid;
    launch->view->gid = launch->root_gid;
    return true;
}

/* Directories of the guest's group, for the server that the keeper starts. */
bool
view_open_groups(Launch *launch, GError **error)
{
    g_autofree char *limits = g_strconcat(launch->group, "/" CGROUP_LIMITS, NULL);
    const GPtrArray *hierarchies = cgroup_hierarchies(launch->layout);
    size_t i;

    if (launch->view_connection < 0)
        return true;
    for (i = 0; i < G_N_ELEMENTS(groups); i++) {
        int version = cgroup_version(launch->layout, groups[i].controller);
        Fd *group = &launch->view_groups[groups[i].group];

        launch->view->versions[groups[i].group] = version;
        if (version == 0)
            continue;
        *group = cgroup_open(launch->layout, groups[i].controller, limits, error);
        if (*group < 0)
            return false;
    }
    for (i = 0; i < hierarchies->len; i++) {
        const CgroupHierarchy *hierarchy = g_ptr_array_index(hierarchies, i);
        Fd *group = &launch->view_groups[VIEW_GROUP_UNIFIED];

        if (hierarchy->version != 2)
            continue;
        launch->view->versions[VIEW_GROUP_UNIFIED] = 2;
        *group = cgroup_hierarchy_open(hierarchy, limits, NULL, 0, error);
        return *group >= 0;
    }
    return true;
}

/* The last one: an init that waits for an answer can be killed then, not sooner. */
void
view_remove(Launch *launch)
{
    fd_close(&launch->view_connection);
}

static bool
cover(const Launch *launch, int directory, const ViewFile *file, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_auto(Fd) place = -1;
    g_auto(Fd) tree = -1;

    if ((place = place_open(launch->root, file->place, O_PATH, &local)) < 0) {
        /* kernels differ in what they have */
        if (errno == ENOENT || errno == ENOTDIR)
            return true;
        g_propagate_error(error, g_steal_pointer(&local));
        return false;
    }
    tree = open_tree(directory, file->name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (tree < 0 || move_mount(tree, "", place, "", MOVE_BY_FD) < 0)
        return fail_errno(error, errno, "cannot show the container its own '%s'", file->place);
    return true;
}

/* Makes the kernel ask for all names at once instead of for one after the other. */
static bool
read_names(int tree, GError **error)
{
    g_auto(Fd) directory = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char entries[4096];

    if (directory < 0 || syscall(SYS_getdents64, directory, entries, sizeof(entries)) < 0)
        return fail_errno(error, errno, "cannot read the view of /proc");
    return true;
}

/* A file can be bound only from a mount that is attached somewhere. */
bool
view_attach(Launch *launch, GError **error)
{
    bool covered = true;
    unsigned i;

    if (launch->view_tree < 0)
        return true;
    if (move_mount(launch->view_tree, "", AT_FDCWD, STOPOVER, MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return fail_errno(error, errno, "cannot mount the view of /proc");
    covered = read_names(launch->view_tree, error);
    for (i = 0; covered && i < view_files_count; i++)
        covered = cover(launch, launch->view_tree, &view_files[i], error);
    return covered;
}
